import type {
  Curve,
  Figures,
  KeyLoad,
  OperationFigures,
  Picture,
  PicturedNode,
  PicturedRequest,
  Recording,
  SeriesColumn,
} from "../../../simulations/index.ts";
import { Random } from "../../support/random.ts";

const MINUTE = 60_000;
const PLACES = ["Frankfurt", "Dublin", "Virginia", "Oregon", "São Paulo", "Mumbai", "Singapore", "Tokyo", "Sydney", "Cape Town"];

export interface Imitated {
  readonly seed?: number;
  readonly nodes?: number;
  readonly k?: number;
  /** Factor on every time. */
  readonly slowness?: number;
}

/** What a run of an hour with a partition and churn would be recorded as: made up, but like the real thing in every shape. */
export function imitateRun({ seed = 1, nodes = 1_000, k = 20, slowness = 1 }: Imitated = {}): Recording {
  const random = new Random(seed);
  const latency = slowness * (1 + Math.log10(nodes) / 6) * (1 + (20 - k) / 60);
  const recall = Math.min(1, 0.955 + k / 500);
  return {
    format: 1,
    scenario: { name: "partition", level: "overlay", seed, nodes, k, durationMs: 80 * MINUTE, churnMs: 60 * MINUTE, lookupsPerSecond: 5 },
    command: `synapse simulate partition --nodes ${nodes} --seed ${seed} --set k=${k} --duration 80m --churn 60m`,
    figures: figuresOf({ seed, nodes, latency, recall, k }),
    targets: [
      { name: "find by capability, p50", value: 171 * latency, unit: "ms", target: { atMost: 250 }, reached: 171 * latency <= 250 },
      { name: "find by capability, p99", value: 688 * latency, unit: "ms", target: { atMost: 750 }, reached: 688 * latency <= 750 },
      { name: "recall of the true k closest", value: recall, unit: "part", target: { atLeast: 0.99 }, reached: recall >= 0.99 },
      { name: "success of finds", value: 0.9997, unit: "part", target: { atLeast: 0.999 }, reached: true },
      { name: "requests a lookup, mean", value: 23.4, unit: "requests", target: { atMost: 28 }, reached: true },
      { name: "maintenance traffic of a node", value: 231, unit: "B/s", target: { atMost: 300 }, reached: true },
    ],
    curves: curvesOf(random, latency, nodes),
    series: { stepMs: 20_000, columns: columnsOf(random, nodes, recall) },
    marks: [
      { label: "partition, 30 % cut off", fromMs: 25 * MINUTE, untilMs: 35 * MINUTE },
      { label: "crash of 50 nodes", fromMs: 48 * MINUTE, untilMs: 48 * MINUTE },
      { label: "5 % loss", fromMs: 55 * MINUTE, untilMs: 65 * MINUTE },
      { label: "crash of 50 nodes", fromMs: 58 * MINUTE, untilMs: 58 * MINUTE },
    ],
    loadByNode: loadOf(random, nodes),
    loadByKey: keysOf(random),
    traffic: [
      { kind: "findNode", messages: 1_204_332, bytes: 734_800_120 },
      { kind: "findRecords", messages: 402_118, bytes: 512_330_900 },
      { kind: "store", messages: 88_012, bytes: 61_220_400 },
      { kind: "ping", messages: 240_881, bytes: 14_452_860 },
      { kind: "leave", messages: 801, bytes: 50_463 },
    ],
    picture: pictureOf(random, Math.min(nodes, 400), k),
  };
}

/** Three runs that differ in several options. */
export function imitateComparison(): Recording[] {
  return [imitateRun(), imitateRun({ k: 16, slowness: 0.9, seed: 2 }), imitateRun({ nodes: 3_000, slowness: 1.25, seed: 3 })];
}

/** Runs that differ in one number. */
export function imitateSweep(sizes: readonly number[] = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]): Recording[] {
  return sizes.map((nodes) => imitateRun({ nodes, slowness: 0.6 + Math.log10(nodes) / 8 }));
}

function figuresOf({
  seed,
  nodes,
  latency,
  recall,
  k,
}: {
  seed: number;
  nodes: number;
  latency: number;
  recall: number;
  k: number;
}): Figures {
  const lookup = operation(24_012, recall, 3.1 + Math.log10(nodes) / 8, k + 3.4, 312 * latency);
  return {
    ...{ scenario: "partition", level: "overlay", seed, nodes, traceHash: "9b1f".repeat(16) },
    ...{ virtualMs: 80 * MINUTE, wallMs: 31_400 * (nodes / 1_000), messages: 1_937_144 * (nodes / 1_000) },
    ...{ messagesPerSecond: 61_692, bytesPerNodeSecond: 275.4 + k, rssBytes: 412_000_000, heapBytes: 96_000_000, deaths: 1_311 },
    lookups: lookup,
    finds: operation(23_987, 0.9997, 2.2, 6.1, 171 * latency),
    publishes: operation(0, 0, 0, 0, 0),
    joins: operation(2_311, 1, 4.4, 61, 1_340 * latency),
    faults: [],
  };
}

function operation(count: number, recall: number, hops: number, requests: number, ms: number): OperationFigures {
  return {
    ...{ count, success: Math.min(1, recall + 0.002), recall },
    hops: { mean: hops, p50: Math.round(hops), p99: Math.ceil(hops) + 1 },
    requests: { mean: requests, p99: Math.ceil(requests * 1.7) },
    latencyMs: { p50: ms, p90: ms * 1.9, p95: ms * 2.4, p99: ms * 4 },
  };
}

function curvesOf(random: Random, latency: number, nodes: number): Curve[] {
  const normal = () => (random.next() + random.next() + random.next() + random.next() - 2) * 1.7;
  const times = (of: string, median: number, spread: number): Curve => {
    return { of, what: "latency", unit: "ms", points: cumulative(2_000, 200, () => median * latency * Math.exp(normal() * spread)) };
  };
  const hops = (of: string, mean: number): Curve => {
    return { of, what: "hops", unit: "hops", points: cumulative(2_000, 20, () => Math.max(0, Math.round(mean + normal() * 0.8))) };
  };
  const far = Math.log10(nodes) / 8;
  return [
    ...[times("lookups", 312, 0.45), times("finds", 171, 0.55), times("publishes", 520, 0.4), times("joins", 1_340, 0.35)],
    ...[hops("lookups", 3.1 + far), hops("finds", 2.2 + far), hops("joins", 4.4 + far)],
  ];
}

function cumulative(samples: number, most: number, draw: () => number): [number, number][] {
  const sorted = Array.from({ length: samples }, draw).sort((a, b) => a - b);
  const points = Array.from({ length: most }, (_, index) => Math.round(((index + 1) / most) * samples) - 1);
  const last = new Map(points.map((at) => [Math.round((sorted[at] ?? 0) * 10) / 10, (at + 1) / samples]));
  const exact = (value: number) => sorted.filter((each) => each <= value + 0.05).length / samples;
  return [...last.keys()].map((value) => [value, exact(value)]);
}

function columnsOf(random: Random, nodes: number, recall: number): SeriesColumn[] {
  const column = (name: string, unit: string, at: (minute: number) => number | null): SeriesColumn => {
    return { name, unit, values: Array.from({ length: 240 }, (_, step) => at(step / 3)) };
  };
  const dip = (minute: number) => (minute < 25 ? 0 : minute < 35 ? 0.21 : 0.21 * Math.exp((35 - minute) / 2.5));
  const noise = (size: number) => (random.next() - 0.5) * size;
  const grown = (minute: number) => Math.min(1, (minute + 0.3) / 6);
  const lost = (minute: number) => (minute > 48 && minute < 52 ? 50 : 0) + (minute > 58 && minute < 62 ? 50 : 0);
  return [
    column("recall of lookups", "part", (minute) => (minute < 6 ? null : Math.min(1, recall + 0.004 - dip(minute) + noise(0.01)))),
    column("recall of finds", "part", (minute) => (minute < 8 ? null : Math.min(1, 0.998 - dip(minute) * 0.6 + noise(0.004)))),
    column("success of finds", "part", (minute) => (minute < 8 ? null : Math.min(1, 1.001 - dip(minute) * 0.4 + noise(0.004)))),
    column("live nodes", "nodes", (minute) =>
      Math.round(nodes * grown(minute) - lost(minute) * (nodes / 1_000) - (random.next() * nodes) / 200),
    ),
    column("messages a second", "", (minute) => (380 + 240 * dip(minute) + (minute < 7 ? 600 : 0) + noise(40)) * (nodes / 1_000)),
    column("bytes a second and node", "B/s", (minute) => 260 + 300 * dip(minute) + (minute < 7 ? 900 : 0) + noise(30)),
  ];
}

function loadOf(random: Random, nodes: number): number[] {
  return Array.from({ length: Math.min(nodes, 1_000) }, () => Math.round(1_900 * Math.exp((random.next() + random.next() - 1) * 0.9))).sort(
    (a, b) => b - a,
  );
}

function keysOf(random: Random): KeyLoad[] {
  const names = [
    "code-review",
    "translate.de",
    "summarise",
    "image.caption",
    "search.web",
    "plan.trip",
    "sql.write",
    "unit-tests",
    "ocr",
    "speech",
  ];
  return [...names, ...Array.from({ length: 12 }, (_, index) => `7f3a${index}c…`)].map((name, rank) => {
    const requests = Math.round(24_000 / (rank + 1));
    return { name, requests, holders: 20, busiest: Math.round((requests / 20) * (1.3 + random.next())) };
  });
}

function pictureOf(random: Random, size: number, k: number): Picture {
  const kinds = ["client", "slow", "adversary"];
  const nodes = Array.from({ length: size }, (): PicturedNode => {
    const kind = random.next() < 0.88 ? "node" : (kinds[random.int(3)] ?? "node");
    return { at: random.next(), kind, place: PLACES[random.int(PLACES.length)] ?? "" };
  });
  const edges = Array.from({ length: Math.min(4_000, size * 10) }, (): [number, number] => {
    const from = random.int(size);
    return [from, neighbour(random, nodes, from)];
  });
  const target = 0.316;
  const asker = 3 % size;
  const order = nodes
    .map(({ at }, index) => ({ index, bits: sharedBits(at, target) }))
    .filter(({ index }) => index !== asker)
    .sort((a, b) => a.bits - b.bits);
  const requests = Array.from({ length: Math.min(size, k + 6) }, (_, index): PicturedRequest => {
    const place = Math.min(size - 2, Math.floor(size * (1 - 0.5 ** (0.4 + index * 0.42))));
    const { index: to, bits } = order[index < 8 ? place : size - 2 - ((index * 7) % Math.min(size, k + 2))] ?? { index: 0, bits: 0 };
    const sentMs = Math.floor(index / 3) * 42 + random.int(30);
    const isFailed = index === 4 || index === 13;
    const endedMs = sentMs + (isFailed ? 190 : 30 + random.int(90));
    return { to, sentMs, endedMs, outcome: isFailed ? "failed" : "answered", sharedBits: bits, inResult: !isFailed && index >= 8 };
  });
  return { nodes, edges, lookup: { target, from: asker, requests } };
}

/** As a table holds them: as many in each bucket, so that near ones are many. */
function neighbour(random: Random, nodes: readonly PicturedNode[], from: number): number {
  const at = (nodes[from]?.at ?? 0) + (random.next() < 0.5 ? 1 : -1) * 0.5 ** (1 + random.int(9)) * (0.5 + random.next());
  const place = at - Math.floor(at);
  return nodes.reduce((best, node, index) => (Math.abs(node.at - place) < Math.abs((nodes[best]?.at ?? 9) - place) ? index : best), 0);
}

function sharedBits(a: number, b: number): number {
  const difference = Math.floor(a * 2 ** 30) ^ Math.floor(b * 2 ** 30);
  return difference === 0 ? 30 : Math.clz32(difference) - 2;
}
