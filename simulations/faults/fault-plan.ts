import type { SimNode, World } from "../engine/world.ts";
import type { Mark } from "../recording.ts";
import type { Population } from "../scenarios/population.ts";
import { type FaultSpec, type Window, windowsOf } from "./fault-spec.ts";
import { isInShare } from "./share.ts";
import { tellOfTrouble } from "./tell.ts";

/** Stretches that a report can show. */
const MAX_MARKS = 200;

type Crash = FaultSpec & { readonly fault: "crash" };

/** Lets the faults of a scenario come and go at their times. */
export class FaultPlan {
  /** In virtual time. */
  readonly marks: Mark[] = []; // at most MAX_MARKS
  private readonly world: World;
  private readonly population: Population;

  constructor(world: World, population: Population) {
    this.world = world;
    this.population = population;
  }

  /** @param durationMs of the measured part, which begins now. */
  begin(specs: readonly FaultSpec[], durationMs: number): void {
    for (const [salt, spec] of specs.entries()) for (const window of windowsOf(spec, durationMs)) this.schedule(spec, salt, window);
  }

  private schedule(spec: FaultSpec, salt: number, { fromMs, untilMs }: Window): void {
    const { clock } = this.world;
    const [from, until] = [clock.now + fromMs, clock.now + untilMs];
    const label = labelOf(spec);
    if (this.marks.length < MAX_MARKS) this.marks.push({ label, fromMs: from, untilMs: until });
    tellOfTrouble(this.world, label, fromMs, untilMs);
    if (spec.fault === "crash") {
      clock.schedule(fromMs, () => this.crash(spec, salt, untilMs - fromMs));
      return;
    }
    clock.schedule(fromMs, () => this.world.problems.begin(spec, salt, until));
    clock.schedule(untilMs, () => this.world.problems.end(spec));
  }

  /** Part of the members goes down at once, and comes back together, if at all. The bootstrap nodes and those of attackers stay up. */
  private crash({ share, keepsState = false, forGood = false }: Crash, salt: number, downMs: number): void {
    const down = this.world.nodes.filter((node) => this.mayCrash(node) && isInShare(share, salt, node.index));
    for (const node of down) this.population.lose(node);
    if (forGood) return;
    this.world.clock.schedule(downMs, () => {
      for (const node of down) if (!node.isAlive) this.population.welcomeBack(node, keepsState);
    });
  }

  private mayCrash(node: SimNode): boolean {
    return node.isAlive && !node.host.isAdversary && !this.population.isBootstrap(node);
  }
}

function labelOf(spec: FaultSpec): string {
  const percent = (part: number) => `${Number((100 * part).toPrecision(2))} %`;
  switch (spec.fault) {
    case "loss":
      return `${percent(spec.rate)} of messages break their link`;
    case "delay":
      return `${percent(spec.rate)} of messages are ${spec.addMs} ms late`;
    case "partition":
      return `${percent(spec.share)} cut off${spec.oneWay ? ", one way" : ""}`;
    case "clog":
      return `${percent(spec.share)} of pairs cut off`;
    case "crash":
      if (spec.forGood) return `${percent(spec.share)} down for good`;
      return `${percent(spec.share)} down, back ${spec.keepsState ? "as they were" : "with nothing"}`;
    case "refuse-stores":
      return `${percent(spec.share)} store nothing`;
  }
}
