import type { Timer } from "../../dht/index.ts";
import { SynapseError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";

/** Between two looks at a link, ms, at least: clocks round, and a pause of nothing would repeat for ever. */
const SHORTEST_PAUSE_MS = 100;

/** Notices links that nobody uses, and peers that are gone without having closed theirs. */
export class LinkWatch {
  private readonly connection: Connection;
  private readonly host: ConnectionHost;
  private timer: Timer | undefined;
  private nextLook = 0;
  private lastActive: number;
  private lastHeard: number;
  private stopped = false;

  constructor(connection: Connection, host: ConnectionHost) {
    this.connection = connection;
    this.host = host;
    this.lastActive = host.runtime.now();
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
    const now = this.host.runtime.now();
    this.lastActive = now;
    // On an idle link the next look is far away: too far now that the other side owes something.
    if (this.nextLook > now + this.host.limits.keepAliveMs) this.lookAfter(this.host.limits.keepAliveMs);
  }

  /** The other side has said something. */
  heard(): void {
    this.lastHeard = this.host.runtime.now();
    this.lastActive = this.lastHeard;
  }

  private look(): void {
    const { connection, host } = this;
    const { limits, runtime } = host;
    const now = runtime.now();
    // The dialler lets go first: it knows that it has no call to make, the other side can only guess.
    const idleIn = this.lastActive + (connection.link.dialled ? limits.idleTimeoutMs / 2 : limits.idleTimeoutMs) - now;
    if (!connection.isBusy && idleIn <= 0) {
      host.limitCounter.add("idleTimeoutMs");
      connection.closeWhenIdle();
      return;
    }
    const silentIn = this.lastHeard + limits.keepAliveMs - now;
    if (connection.isOwed && silentIn <= 0) void this.ask();
    const pause = connection.isBusy ? (silentIn > 0 ? silentIn : limits.keepAliveMs) : idleIn;
    this.lookAfter(Math.max(SHORTEST_PAUSE_MS, pause));
  }

  private lookAfter(ms: number): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.nextLook = this.host.runtime.now() + ms;
    this.timer = this.host.runtime.schedule(ms, () => this.look());
  }

  /** A host that has vanished closes nothing: it is asked whether it lives, and given up when it does not say so. */
  private async ask(): Promise<void> {
    const { limits, limitCounter } = this.host;
    const { link, outgoing } = this.connection;
    limitCounter.add("keepAliveMs");
    try {
      await outgoing.call({ endpoint: "_synapse.ping", args: [], kwargs: {} }, { timeoutMs: limits.keepAliveTimeoutMs });
    } catch (error) {
      if (this.stopped || !(error instanceof SynapseError) || error.code !== "timed_out") return;
      limitCounter.add("keepAliveTimeoutMs");
      const peer = link.remoteAddress;
      outgoing.failAll(new SynapseError("connection_lost", `${peer} has gone silent`, { peer, retryable: true }));
      link.destroy();
    }
  }
}
