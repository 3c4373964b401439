import { SynapseError, type SynapseErrorOptions } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** How often each limit was met: for whoever runs a node and wants to know whether it is attacked, or its limits too low. */
export type LimitCounts = Readonly<Record<keyof Limits, number>>;

/** A limit was met. It knows which, so that whoever handles it can count it. */
export class OverLimit extends SynapseError {
  readonly limit: keyof Limits;

  constructor(limit: keyof Limits, code: string, message: string, options?: SynapseErrorOptions) {
    super(code, message, options);
    this.limit = limit;
  }
}

/** Counts, for one process, how often each limit was met. */
export class LimitCounter {
  private readonly byLimit: Record<keyof Limits, number>;

  private last: unknown;

  /** @param limits only their names matter. */
  constructor(limits: Limits) {
    this.byLimit = Object.fromEntries(Object.keys(limits).map((limit) => [limit, 0])) as Record<keyof Limits, number>;
  }

  get counts(): LimitCounts {
    return { ...this.byLimit };
  }

  add(limit: keyof Limits): void {
    this.byLimit[limit] += 1;
  }

  /** Counts an error, where a limit is the reason: once, though it may be handed on. */
  note(error: unknown): void {
    if (error instanceof OverLimit && error !== this.last) this.add(error.limit);
    this.last = error;
  }
}
