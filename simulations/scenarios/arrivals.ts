import type { World } from "../engine/world.ts";
import type { Mark } from "../recording.ts";
import type { Population } from "./population.ts";
import type { Arrival, Scenario } from "./scenario.ts";

/** Lets crowds of newcomers come at their times. */
export class ArrivalPlan {
  /** In virtual time. */
  readonly marks: Mark[] = []; // one for each arrival of the scenario
  private readonly world: World;
  private readonly population: Population;

  constructor(world: World, population: Population) {
    this.world = world;
    this.population = population;
  }

  /** The measured part begins now. */
  begin({ arrivals, nodes, durationMs }: Scenario): void {
    const { now } = this.world.clock;
    for (const arrival of arrivals) {
      const { atMs, withinMs = 0 } = arrival;
      if (atMs >= durationMs) continue;
      const count = newcomersOf(arrival, nodes);
      this.marks.push({ label: `${count} newcomers`, fromMs: now + atMs, untilMs: now + Math.min(durationMs, atMs + withinMs) });
      this.world.clock.schedule(atMs, () => this.receive(count, withinMs / count));
    }
  }

  /** One after the other, so that the queue of events never holds more than the next of them. */
  private receive(left: number, everyMs: number): void {
    this.population.welcome();
    if (left > 1) this.world.clock.schedule(everyMs, () => this.receive(left - 1, everyMs));
  }
}

/** Time that newcomers of arrivals have in the measured part, all together, ms. */
export function arrivedMs({ arrivals, nodes, durationMs }: Scenario): number {
  const times = arrivals.map((arrival) => {
    const left = Math.max(0, durationMs - arrival.atMs);
    const { withinMs = 0 } = arrival;
    const coming = Math.min(left, withinMs);
    const part = withinMs === 0 ? 1 : coming / withinMs;
    return newcomersOf(arrival, nodes) * part * (left - coming / 2);
  });
  return times.reduce((sum, ms) => sum + ms, 0);
}

function newcomersOf(arrival: Arrival, nodes: number): number {
  return "nodes" in arrival ? arrival.nodes : Math.max(1, Math.round(arrival.share * nodes));
}
