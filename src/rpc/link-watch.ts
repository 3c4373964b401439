import type { Runtime, Timer } from "../../dht/index.ts";
import { SynapseError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Link } from "../transport/transport.ts";

/** Between two looks at a link, ms, at least: clocks round, and a pause of nothing would repeat for ever. */
const SHORTEST_PAUSE_MS = 100;

/** The link that is watched. */
export interface Watched {
  readonly link: Pick<Link, "dialled">;
  /** Calls are under way, in either direction. */
  readonly isBusy: boolean;
  /** The other side owes answers, and can be asked whether it lives. */
  readonly isOwed: boolean;
  /** Asks whether the other side lives. Rejects with `timed_out` when it does not say so in time. */
  ping(timeoutMs: number): Promise<unknown>;
  /** Nobody has used it for as long as that is allowed. */
  closeWhenIdle(): void;
  /** The other side does not live, or cannot be heard. */
  onSilent(): void;
}

/** Notices links that nobody uses, and peers that are gone without having closed theirs. */
export class LinkWatch {
  private readonly watched: Watched;
  private readonly runtime: Runtime;
  private readonly limits: Limits;
  private timer: Timer | undefined;
  private lastActive: number;
  private lastHeard: number;
  private stopped = false;

  constructor(watched: Watched, runtime: Runtime, limits: Limits) {
    this.watched = watched;
    this.runtime = runtime;
    this.limits = limits;
    this.lastActive = runtime.now();
    this.lastHeard = this.lastActive;
  }

  start(): void {
    this.look();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** This side uses the link. */
  touch(): void {
    this.lastActive = this.runtime.now();
  }

  /** The other side has said something. */
  heard(): void {
    this.lastHeard = this.runtime.now();
    this.lastActive = this.lastHeard;
  }

  private look(): void {
    const { watched, limits, runtime } = this;
    const now = runtime.now();
    // The dialler lets go first: it knows that it has no call to make, the other side can only guess.
    const idleIn = this.lastActive + (watched.link.dialled ? limits.idleTimeoutMs / 2 : limits.idleTimeoutMs) - now;
    if (!watched.isBusy && idleIn <= 0) {
      watched.closeWhenIdle();
      return;
    }
    const silentIn = this.lastHeard + limits.keepAliveMs - now;
    if (watched.isOwed && silentIn <= 0) void this.ask();
    const pause = watched.isBusy ? (silentIn > 0 ? silentIn : limits.keepAliveMs) : idleIn;
    this.timer = runtime.schedule(Math.max(SHORTEST_PAUSE_MS, pause), () => this.look());
  }

  /** A host that has vanished closes nothing. */
  private async ask(): Promise<void> {
    try {
      await this.watched.ping(this.limits.keepAliveTimeoutMs);
    } catch (error) {
      if (!this.stopped && error instanceof SynapseError && error.code === "timed_out") this.watched.onSilent();
    }
  }
}
