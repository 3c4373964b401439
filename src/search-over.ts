import type { FindResult, Match, Overlay, Query, SearchOptions, Stoppable } from "../dht/index.ts";
import { abortable } from "./abortable.ts";
import { checkedLimits } from "./option-checks.ts";

export interface FindOptions extends SearchOptions {
  /** As in {@link SearchOptions}. Default true. */
  readonly patient?: boolean | undefined;
  /**
   * Whether agents found by `accepts` or `returns` are asked for their whole schemas, of which records carry the shape. Those that do not fit,
   * or do not answer, are told apart in `unconfirmed`. Default false.
   */
  readonly confirm?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A search as a promise. What the caller's own `onMatch` throws is the caller's to see, and ends the search.
 * @throws SynapseError `bad_query`, `bad_options`, `aborted`.
 */
export async function searchOver(overlay: Overlay, query: string | Query, options: FindOptions): Promise<FindResult> {
  const { onMatch = () => undefined, limit, rank, explain, paths, patient = true } = options;
  const { timeoutMs, signal } = checkedLimits(options);
  return abortable(signal, (done, failed) => {
    let fault: unknown;
    let search: Stoppable | undefined;
    const tell = (match: Match) => {
      try {
        if (fault === undefined) onMatch(match);
      } catch (error) {
        fault = error;
        failed(error as Error);
        search?.stop();
      }
    };
    search = overlay.find(query, { limit, timeoutMs, rank, explain, paths, patient, onMatch: tell }, done);
    if (fault !== undefined) search.stop();
    return search;
  });
}
