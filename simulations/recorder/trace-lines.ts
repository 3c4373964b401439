import type { Outcome } from "../engine/statistics.ts";
import { TraceKind, type TraceListener } from "../engine/trace.ts";
import type { World } from "../engine/world.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** Format of the lines. */
const TRACE_FORMAT = 1;
/** Text that is collected before it is handed on, characters: a write for each line would take longer than the run. */
const BLOCK = 65_536;
/** Of a node id: enough to tell ids apart by eye. */
const ID_DIGITS = 16;

/** Kinds of lines that can be chosen among; the first and the last line are always there. */
export const TRACE_LINE_KINDS = ["request", "response", "lost", "dial", "birth", "death", "return", "fault", "begin", "result"] as const;
export type TraceLineKind = (typeof TRACE_LINE_KINDS)[number];

export interface TraceOptions {
  /**
   * Takes some lines, as text that ends with a line feed. It is called when there are enough, so that a trace of any length is never held.
   */
  readonly write: (lines: string) => void;
  /** Default: all. */
  readonly kinds?: readonly TraceLineKind[];
  /** Of what is part of the trace hash, only these events, each with its number: to look into two runs where they differ. Default: all. */
  readonly events?: EventRange;
}

/** Events of a run by number, from 0, in the order in which they happen. */
export interface EventRange {
  readonly from: number;
  /** The first that is not among them. */
  readonly until: number;
}

const NAMES: Readonly<Record<TraceKind, TraceLineKind>> = {
  [TraceKind.request]: "request",
  [TraceKind.response]: "response",
  [TraceKind.lost]: "lost",
  [TraceKind.dial]: "dial",
  [TraceKind.birth]: "birth",
  [TraceKind.death]: "death",
  [TraceKind.result]: "result",
};

/** Writes down what happens as NDJSON: one object a line, in the order of virtual time. docs/simulator.md has the form of each. */
export class TraceLines implements TraceListener {
  private readonly world: World;
  private readonly options: TraceOptions;
  private readonly kinds: ReadonlySet<TraceLineKind>;
  private block = ""; // at most BLOCK characters and a line
  private lines = 0;
  private operations = 0;
  private events = 0;

  constructor(world: World, options: TraceOptions) {
    this.world = world;
    this.options = options;
    this.kinds = new Set(options.kinds ?? TRACE_LINE_KINDS);
  }

  /** The first line: what is run. */
  begin(scenario: Scenario, command: string): void {
    this.add({ kind: "run", format: TRACE_FORMAT, command, scenario });
  }

  /** The last line: what it came to. */
  end(traceHash: string): void {
    this.add({ ms: this.world.clock.now, kind: "end", lines: this.lines + 1, traceHash });
    this.flush();
  }

  onEvent(kind: TraceKind, ms: number, from: number, to: number, bytes: number, message: string): void {
    const name = NAMES[kind];
    const event = this.events;
    this.events += 1;
    const { events: range } = this.options;
    if (!this.kinds.has(name) || (range !== undefined && (event < range.from || event >= range.until))) return;
    const head = { ...(range !== undefined && { event }), ms, kind: name };
    if (kind === TraceKind.birth) this.add({ ...head, ...this.describe(from) });
    else if (kind === TraceKind.death) this.add({ ...head, node: from });
    else if (kind === TraceKind.dial) this.add({ ...head, from, to });
    else if (kind === TraceKind.lost) this.add({ ...head, from, to, message });
    else this.add({ ...head, from, to, message, bytes });
  }

  onOperation(operation: string, node: number, about: string): (outcome: Outcome) => void {
    this.operations += 1;
    const id = this.operations;
    const began = { operation, id, node };
    if (this.kinds.has("begin")) this.add({ ms: this.world.clock.now, kind: "begin", ...began, ...aboutOf(operation, about) });
    return ({ success, recall, hops, requests, ms }) => {
      const outcome = { success, recall, hops, requests, tookMs: ms };
      if (this.kinds.has("result")) this.add({ ms: this.world.clock.now, kind: "result", ...began, ...outcome });
    };
  }

  onFault(fault: string, phase: "begins" | "ends"): void {
    if (this.kinds.has("fault")) this.add({ ms: this.world.clock.now, kind: "fault", fault, phase });
  }

  onReturn(node: number): void {
    if (this.kinds.has("return")) this.add({ ms: this.world.clock.now, kind: "return", node });
  }

  private describe(index: number): object {
    const node = this.world.nodes[index];
    return { node: index, id: node?.contact.key.slice(0, ID_DIGITS), host: node?.host.kind, place: node?.placeName };
  }

  private add(line: object): void {
    this.lines += 1;
    this.block += `${JSON.stringify(line)}\n`;
    if (this.block.length >= BLOCK) this.flush();
  }

  /** Hands on what has been collected: whole lines. */
  flush(): void {
    const { block } = this;
    this.block = "";
    if (block !== "") this.options.write(block);
  }
}

function aboutOf(operation: string, about: string): object {
  if (operation === "lookup") return { target: about.slice(0, ID_DIGITS) };
  return about === "" ? {} : { capability: about };
}
