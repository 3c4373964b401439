import type { Curve, KeyLoad, Mark, Picture, Recording, SeriesColumn, TargetResult } from "../../../simulations/index.ts";
import type { Random } from "../../support/random.ts";
import { imitateRun } from "./imitation.ts";

/** What somebody could have called a node, a key or a fault, to see what comes of it. */
const HOSTILE: readonly string[] = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "' onmouseover='alert(1)",
  "]]></style></script><!--",
  "javascript:alert(1)",
  "{{7*7}} & &amp; &lt;",
  "\u0000\u0007\u001b[31mred\u202e",
  "\ud800 alone",
  "x".repeat(20_000),
  "",
  "日本語 العربية 🦊",
  "https://example.org/a.css",
];
const NUMBERS: readonly number[] = [0, 1, -1, 0.5, 1e-12, 1e9, 1e18, 1e300, Number.MAX_VALUE, Number.MIN_VALUE, -1e300];
/** Numbers that no recording ought to have, and that reach a report all the same when somebody divides by nothing. */
const NOT_NUMBERS: readonly number[] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const UNITS: readonly string[] = ["ms", "part", "%", "bytes", "B/s", "requests", "", "s"];

/** A recording with nothing in it but what it must have. */
export function emptyRecording(): Recording {
  const { figures } = imitateRun({ nodes: 2 });
  const none = { count: 0, success: 0, recall: 0, hops: { mean: 0, p50: 0, p99: 0 }, requests: { mean: 0, p99: 0 } };
  const operation = { ...none, latencyMs: { p50: 0, p90: 0, p95: 0, p99: 0 } };
  return {
    ...{ format: 1, scenario: {}, command: "" },
    figures: { ...figures, nodes: 1, virtualMs: 0, wallMs: 0, messages: 0, lookups: operation, finds: operation, joins: operation },
    ...{ targets: [], curves: [], series: { stepMs: 0, columns: [] }, marks: [], loadByNode: [], loadByKey: [], traffic: [] },
    picture: { nodes: [], edges: [], lookup: undefined },
  };
}

/** A recording in which every list, number and text may be at or beyond an end of what is allowed. */
export function nastyRecording(random: Random): Recording {
  const chance = new Nasty(random);
  const { figures } = imitateRun();
  const operation = chance.operation();
  const named = { scenario: chance.text(), traceHash: chance.text(), faults: chance.list(3, () => chance.text()) };
  const numbers = { virtualMs: chance.number(), wallMs: chance.number(), bytesPerNodeSecond: chance.number(), nodes: chance.number() };
  return {
    format: 1,
    scenario: { [chance.text()]: chance.text(), nodes: chance.number(), churnMs: undefined, deep: { list: [1, [chance.text()]] } },
    command: chance.text(),
    figures: { ...figures, ...named, ...numbers, lookups: operation, finds: chance.operation(), joins: operation },
    targets: chance.list(8, () => chance.target()),
    curves: chance.list(8, () => chance.curve()),
    series: { stepMs: chance.one([0, 1, 1_000, 3_600_000, chance.number()]), columns: chance.list(8, () => chance.column()) },
    marks: chance.list(200, () => chance.mark()),
    loadByNode: chance.list(1_000, () => chance.number()),
    loadByKey: chance.list(50, () => chance.keyLoad()),
    traffic: chance.list(12, () => ({ kind: chance.text(), messages: chance.number(), bytes: chance.number() })),
    picture: chance.picture(),
  };
}

class Nasty {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  one<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.random.int(items.length)];
    if (item === undefined) throw new Error("nothing to choose from");
    return item;
  }

  text(): string {
    return this.one(HOSTILE);
  }

  number(): number {
    const kind = this.random.int(10);
    if (kind === 0) return this.one(NOT_NUMBERS);
    return kind < 4 ? this.one(NUMBERS) : this.random.next() * 10 ** this.random.int(7);
  }

  /** Empty, of one, full, or anything in between. */
  list<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.one([0, 1, most, this.random.int(most + 1)]) }, make);
  }

  operation(): Recording["figures"]["lookups"] {
    const [a, b, c] = [this.number(), this.number(), this.number()];
    const shape = { hops: { mean: a, p50: b, p99: c }, requests: { mean: c, p99: a }, latencyMs: { p50: a, p90: b, p95: b, p99: c } };
    return { count: this.number(), success: this.number(), recall: this.number(), ...shape };
  }

  target(): TargetResult {
    const target = this.random.int(2) === 0 ? { atLeast: this.number() } : { atMost: this.number() };
    return { name: this.text(), value: this.number(), unit: this.one(UNITS), target, reached: this.random.int(2) === 0 };
  }

  curve(): Curve {
    const values = this.list(200, () => this.number()).sort((a, b) => a - b);
    const points = values.map((value, index): [number, number] => [value, (index + 1) / values.length]);
    const [of, what] = [this.one(["lookups", "finds", this.text()]), this.one(["latency", "hops", this.text()])];
    return { of, what, unit: this.one(UNITS), points };
  }

  column(): SeriesColumn {
    const name = this.one(["recall of lookups", "success of finds", "live nodes", this.text()]);
    return { name, unit: this.one(UNITS), values: this.list(500, () => (this.random.int(3) === 0 ? null : this.number())) };
  }

  mark(): Mark {
    const fromMs = this.number();
    return { label: this.text(), fromMs, untilMs: this.random.int(2) === 0 ? fromMs : this.number() };
  }

  keyLoad(): KeyLoad {
    return { name: this.text(), requests: this.number(), holders: this.random.int(3), busiest: this.number() };
  }

  picture(): Picture {
    const nodes = this.list(400, () => ({ at: this.number(), kind: this.one(["node", "client", this.text()]), place: this.text() }));
    const index = () => this.random.int(nodes.length + 2);
    const requests = this.list(100, () => ({
      ...{ to: index(), sentMs: this.number(), endedMs: this.number(), sharedBits: this.random.int(257) },
      ...{ outcome: this.one(["answered", "failed"] as const), inResult: this.random.int(2) === 0 },
    }));
    const lookup = this.random.int(4) === 0 ? undefined : { target: this.number(), from: index(), requests };
    return { nodes, edges: this.list(4_000, (): [number, number] => [index(), index()]), lookup };
  }
}
