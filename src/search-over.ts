import type { FindResult, Overlay, Query, SearchOptions, Stoppable } from "../dht/index.ts";
import { abortable } from "./abortable.ts";
import { checkedLimits } from "./option-checks.ts";

export interface FindOptions extends SearchOptions {
  /** As in {@link SearchOptions}. Default true. */
  readonly patient?: boolean | undefined;
  /**
   * Whether agents found by `accepts` or `returns` are asked for their whole schemas, of which records carry the shape. Those that do not
   * fit, or do not answer, are told apart in `unconfirmed`. Default false.
   */
  readonly confirm?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A search as a promise. What the caller's own `onMatch` or `rank` throws is the caller's to see, and ends the search.
 * @throws SynapseError `bad_query`, `bad_options`, `aborted`.
 */
export async function searchOver(overlay: Overlay, query: string | Query, options: FindOptions): Promise<FindResult> {
  const { onMatch, limit, rank, explain, paths, patient = true } = options;
  const { timeoutMs, signal } = checkedLimits(options);
  return abortable(signal, (done, failed) => {
    let isOver = false;
    let search: Stoppable | undefined;
    // Called from where an answer has come in: what is thrown there ends nothing, and nobody would ever be told.
    const guarded = <A extends unknown[], R>(call: (...args: A) => R, otherwise: R) => {
      return (...args: A): R => {
        try {
          if (!isOver) return call(...args);
        } catch (error) {
          isOver = true;
          failed(error as Error);
          search?.stop();
        }
        return otherwise;
      };
    };
    const callbacks = {
      rank: typeof rank === "function" ? guarded(rank, 0) : rank,
      onMatch: onMatch && guarded(onMatch, undefined),
    };
    search = overlay.find(query, { limit, timeoutMs, explain, paths, patient, ...callbacks }, done);
    if (isOver) search.stop();
    return search;
  });
}
