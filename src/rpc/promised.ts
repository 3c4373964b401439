import type { SynapseError } from "../errors.ts";

type Outcome<T> = { readonly value: T } | { readonly error: SynapseError };

/** A promise that is made when somebody first asks for it: nobody waits for most links, and promises take room. */
export class Promised<T> {
  private outcome: Outcome<T> | undefined;
  private settle: ((outcome: Outcome<T>) => void) | undefined;
  private made: Promise<T> | undefined;

  get promise(): Promise<T> {
    this.made ??= this.make();
    return this.made;
  }

  resolve(value: T): void {
    this.end({ value });
  }

  reject(error: SynapseError): void {
    this.end({ error });
  }

  private end(outcome: Outcome<T>): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.settle?.(outcome);
    this.settle = undefined;
  }

  private make(): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      this.settle = (outcome) => ("error" in outcome ? reject(outcome.error) : resolve(outcome.value));
      if (this.outcome !== undefined) this.settle(this.outcome);
    });
    promise.catch(() => undefined); // whoever waits for it is told; nobody has to
    return promise;
  }
}
