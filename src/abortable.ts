import { abortedError } from "./errors.ts";
import { checkedSignal } from "./option-checks.ts";

/** Starts something that calls back when it is done, as a promise that an abort rejects and stops. */
export function abortable<T>(
  signal: AbortSignal | undefined,
  begin: (done: (result: T) => void, failed: (error: Error) => void) => { stop(): void },
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal !== undefined && checkedSignal(signal).aborted) {
      reject(abortedError(signal));
      return;
    }
    const onAbort = () => {
      reject(abortedError(signal as AbortSignal));
      work.stop();
    };
    const settled = <A>(settle: (value: A) => void) => {
      return (value: A) => {
        signal?.removeEventListener("abort", onAbort);
        settle(value);
      };
    };
    signal?.addEventListener("abort", onAbort, { once: true }); // first: what is begun may be done before `begin` returns
    const work = begin(settled(resolve), settled(reject));
  });
}
