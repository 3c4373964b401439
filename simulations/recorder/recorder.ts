import { capabilityKey } from "../../dht/index.ts";
import { toHex } from "../../routing/index.ts";
import type { OperationStatistics } from "../engine/statistics.ts";
import type { World } from "../engine/world.ts";
import { type Figures, measuredAt, unitOf } from "../figures.ts";
import type { Curve, KeyLoad, Recording, TargetResult } from "../recording.ts";
import type { Play } from "../scenarios/play.ts";
import type { Scenario, Target } from "../scenarios/scenario.ts";
import { capabilityName } from "../scenarios/workload.ts";
import { pictureOf } from "./picture.ts";
import { SeriesRecorder } from "./series.ts";
import { WalkRecorder } from "./walk.ts";

const CURVE_POINTS = 200;
const MAX_LOADS = 1_000;
const MAX_KEYS = 50;
const MAX_MARKS = 200;

/** Watches a run and makes of it what a report shows. It draws no random number and sends nothing: the run is the same without it. */
export class Recorder {
  private readonly world: World;
  private readonly play: Play;
  private readonly scenario: Scenario;
  private readonly series: SeriesRecorder;
  private readonly walks: WalkRecorder;

  constructor(world: World, play: Play, scenario: Scenario) {
    this.world = world;
    this.play = play;
    this.scenario = scenario;
    this.series = new SeriesRecorder(world, scenario.nodes * scenario.growthMs + scenario.settleMs + scenario.durationMs);
    this.walks = new WalkRecorder(world);
    play.workload.observer = this.walks;
    this.describeSeries();
    this.series.begin();
  }

  recording(figures: Figures, command: string): Recording {
    const { world, play, scenario } = this;
    return {
      format: 1,
      scenario: { ...scenario },
      command,
      figures,
      targets: scenario.targets.flatMap((target) => targetOf(figures, target)),
      curves: this.curves(),
      series: this.series.series(),
      marks: [...play.faults.marks, ...play.adversaries.marks, ...play.arrivals.marks].slice(0, MAX_MARKS),
      loadByNode: thinned(sortedDown(play.oracle.live.map(({ index }) => world.meters.answered[index] ?? 0)), MAX_LOADS),
      loadByKey: this.loadByKey(),
      traffic: [...world.meters.kinds].map(([kind, { messages, bytes }]) => ({ kind, messages, bytes })),
      picture: pictureOf(play.oracle, this.walks.last),
    };
  }

  private describeSeries(): void {
    const { series, world, play } = this;
    const { workload, oracle } = play;
    series.add("live nodes", "", () => oracle.size);
    series.addMean("success of lookups", "part", workload.lookups, ({ success }) => (success ? 1 : 0));
    series.addMean("recall of lookups", "part", workload.lookups, ({ recall }) => recall);
    series.addMean("success of finds", "part", workload.finds, ({ success }) => (success ? 1 : 0));
    series.addMean("recall of finds", "part", workload.finds, ({ recall }) => recall);
    series.addMean("latency of lookups", "ms", workload.lookups, ({ ms }) => ms);
    series.addRate("messages a second", "/s", () => world.traffic.messages);
    series.addRate(
      "bytes a second and node",
      "B/s",
      () => world.traffic.bytes,
      () => oracle.size,
    );
  }

  private curves(): Curve[] {
    const { workload, joins, vigils } = this.play;
    const kinds: readonly [string, OperationStatistics][] = [
      ["lookups", workload.lookups],
      ["finds", workload.finds],
      ["publishes", workload.publishes],
      ["joins", joins],
      ["watches", vigils.statistics],
    ];
    return kinds.flatMap(([of, statistics]) => statistics.curves(CURVE_POINTS).map((curve) => ({ of, ...curve })));
  }

  private loadByKey(): KeyLoad[] {
    const { load } = this.scenario;
    const names = new Map<string, string>(); // by key; at most the scenario's capabilities
    for (let n = 0; n < load.capabilities; n++)
      names.set(toHex(capabilityKey(this.world.options.swarm, capabilityName(n))), capabilityName(n));
    const loads = [...this.world.meters.keys].map(([key, byNode]): KeyLoad => {
      const counts = [...byNode.values()];
      const requests = counts.reduce((sum, count) => sum + count, 0);
      return { name: names.get(key) ?? `${key.slice(0, 8)}…`, requests, holders: counts.length, busiest: Math.max(0, ...counts) };
    });
    return loads.sort((a, b) => b.requests - a.requests).slice(0, MAX_KEYS);
  }
}

function targetOf(figures: Figures, target: Target): TargetResult[] {
  const value = measuredAt(figures, target.figure);
  if (value === undefined) return [];
  const reached = "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
  const unit = unitOf(target.figure);
  return [
    { name: target.figure, value, unit, reached, target: "atLeast" in target ? { atLeast: target.atLeast } : { atMost: target.atMost } },
  ];
}

function sortedDown(values: number[]): number[] {
  return values.sort((a, b) => b - a);
}

/** At most so many, evenly chosen, the first and the last among them. */
function thinned(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, n) => values[Math.round((n * (values.length - 1)) / (most - 1))] as number);
}
