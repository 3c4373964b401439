import type { Runtime, Timer } from "../../dht/index.ts";

/** How long the other side has to close a link after it was told that this side leaves, ms. */
const LINGER_MS = 2_000;

/** The peaceful end of a link: one side says that it leaves, the other closes when it has nothing more to ask. */
export class Farewell {
  /** The other side has said that it is leaving. */
  peerLeaves = false;
  /** Runs while the other side, which has been told that this one leaves, may close first. */
  private linger: Timer | undefined;

  get isLingering(): boolean {
    return this.linger !== undefined;
  }

  begin(runtime: Runtime, onOver: () => void): void {
    this.linger = runtime.schedule(LINGER_MS, () => {
      this.linger = undefined;
      onOver();
    });
  }

  /** The link has closed. */
  end(): void {
    this.linger?.cancel();
    this.linger = undefined;
  }
}
