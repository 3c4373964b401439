import { type Contact, type NodeId, toHex } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import type { Findings } from "./findings.ts";
import type { FindRecordsRequest } from "./messages.ts";
import { type PeerFailure, type Peers, type Runtime, withRequest } from "./ports.ts";
import { type Clause, type Known, whyNot } from "./query/index.ts";

/** Questions told of at most, and near misses: more than anybody reads. The search itself may ask more. */
export const MAX_STEPS = 1_024;
export const MAX_NEAR_MISSES = 64;
/** Records looked at for near misses. */
const MAX_LOOKED_AT = 4_096;

/** One question of a search, and what came of it. */
export interface Step {
  /** The name whose key it was about. */
  readonly name: string;
  /** Of a key that is split: the bits that lead to the child. */
  readonly bits: string;
  readonly to: Contact;
  /** When it was asked, ms after the search began. */
  readonly atMs: number;
  /** How long it took, ms; undefined: it was still open when the search ended. */
  readonly ms: number | undefined;
  readonly outcome: "answered" | "open" | PeerFailure;
  /** Records given. */
  readonly records: number;
}

export interface NearMiss {
  readonly record: CapabilityRecord;
  /** What it is short of, in the alternative of the query to which it comes nearest. */
  readonly why: readonly string[];
}

/** How a search went. */
export interface Trace {
  /** The keys asked, in order. At most as many as the search may ask. */
  readonly keys: readonly { readonly name: string; readonly bits: string; readonly key: NodeId }[];
  /** In the order in which they were asked; the first {@link MAX_STEPS}. */
  readonly steps: readonly Step[];
  /** Those that lack least first; at most {@link MAX_NEAR_MISSES}. */
  readonly nearMisses: readonly NearMiss[];
}

/** Listens to a search, to explain it. */
export class Explanation {
  private readonly runtime: Runtime;
  private readonly startedAt: number;
  private readonly keys: { name: string; bits: string; key: NodeId }[] = []; // at most one for each name and split
  private readonly byKey = new Map<string, { name: string; bits: string }>(); // the same
  private readonly steps: { -readonly [field in keyof Step]: Step[field] }[] = []; // at most MAX_STEPS

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.startedAt = runtime.now();
  }

  /** The search turns to a key. */
  visits(name: string, bits: string, key: NodeId): void {
    this.keys.push({ name, bits, key });
    this.byKey.set(toHex(key), { name, bits });
  }

  /** The same way to others, with what is asked on it noted. */
  listening(peers: Peers): Peers {
    return withRequest(peers, (to, request, timeoutMs, done) => {
      const step = request.kind === "find_records" ? this.begin(to, request) : undefined;
      peers.request(to, request, timeoutMs, (outcome, reached) => {
        if (step !== undefined) {
          step.ms = this.runtime.now() - this.startedAt - step.atMs;
          step.outcome = outcome.kind === "failed" ? outcome.reason : "answered";
          step.records = outcome.kind === "find_records" ? outcome.records.length : 0;
        }
        done(outcome, reached);
      });
    });
  }

  trace(clauses: readonly Clause[], findings: Findings): Trace {
    return { keys: this.keys, steps: this.steps.map((step) => ({ ...step })), nearMisses: nearMissesOf(clauses, findings.misses()) };
  }

  private begin(to: Contact, { key }: FindRecordsRequest) {
    const about = this.byKey.get(toHex(key));
    if (about === undefined || this.steps.length >= MAX_STEPS) return undefined;
    const atMs = this.runtime.now() - this.startedAt;
    const step = { ...about, to, atMs, ms: undefined, outcome: "open" as Step["outcome"], records: 0 };
    this.steps.push(step);
    return this.steps.at(-1);
  }
}

function nearMissesOf(
  clauses: readonly Clause[],
  misses: Iterable<{ readonly record: CapabilityRecord; readonly known: Known }>,
): NearMiss[] {
  const found: NearMiss[] = []; // at most MAX_LOOKED_AT
  for (const { record, known } of misses) {
    if (found.length >= MAX_LOOKED_AT) break;
    const why = whyNot(clauses, record, known);
    if (why !== undefined) found.push({ record, why });
  }
  return found.sort((a, b) => a.why.length - b.why.length).slice(0, MAX_NEAR_MISSES);
}
