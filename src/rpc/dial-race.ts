import type { Runtime, Timer } from "../../dht/index.ts";
import { SynapseError } from "../errors.ts";

/** How long an address has to answer before the next is tried beside it, ms (RFC 8305, section 5). */
const HEAD_START_MS = 250;

/**
 * Dials several addresses of one peer, the best first, each a head start after the one before, or as soon as that has failed. The first
 * that answers is taken, the others are given up. Fails with the error of the first address, the best.
 */
export class DialRace<T> {
  private readonly runtime: Runtime;
  private readonly dial: (address: string, signal: AbortSignal) => Promise<T>;
  /** What to do with one that answers after all. */
  private readonly discard: (late: T) => void;
  private readonly end = new AbortController();

  constructor(runtime: Runtime, dial: (address: string, signal: AbortSignal) => Promise<T>, discard: (late: T) => void) {
    this.runtime = runtime;
    this.dial = dial;
    this.discard = discard;
  }

  run(addresses: readonly string[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const errors: unknown[] = []; // by place; at most one for each address
      let open = addresses.length;
      let timer: Timer | undefined;
      const start = (index: number) => {
        const address = addresses[index];
        if (address === undefined || this.end.signal.aborted) return;
        let hasNext = false;
        const next = () => {
          if (!hasNext) start(index + 1);
          hasNext = true;
        };
        timer = this.runtime.schedule(HEAD_START_MS, next);
        this.dial(address, this.end.signal).then(
          (winner) => {
            if (this.end.signal.aborted) return this.discard(winner);
            timer?.cancel();
            this.end.abort();
            resolve(winner);
          },
          (error: unknown) => {
            errors[index] = error;
            open -= 1;
            if (open === 0) reject(errors[0]);
            else next();
          },
        );
      };
      if (addresses.length === 0) reject(new SynapseError("unreachable", "it names no address"));
      else start(0);
    });
  }
}
