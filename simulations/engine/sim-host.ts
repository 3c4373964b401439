import type { HostProperties } from "./hosts/host-spec.ts";

/** Port on which everybody listens who has a machine alone. */
export const PORT = 9_999;

/** The machine of one node, which stays the same over all lives of it. */
export class SimHost {
  readonly properties: HostProperties;
  readonly ip: string;
  /** Whether it works for an attacker. */
  readonly isAdversary: boolean;
  readonly port: number;
  /** When all that was sent before has left, ms: only where the way out is narrow. */
  private freeAt = 0;

  constructor(properties: HostProperties, ip: string, isAdversary = false, port = PORT) {
    this.properties = properties;
    this.ip = ip;
    this.port = port;
    this.isAdversary = isAdversary;
  }

  /** URIs at which its node can be dialled. */
  get addresses(): readonly string[] {
    return this.properties.isClient ? [] : [this.address];
  }

  get address(): string {
    return `tcp://${this.ip}:${this.port}`;
  }

  /** What kind of host it is, for pictures. */
  get kind(): string {
    const { isClient, processingMs } = this.properties;
    if (this.isAdversary) return "adversary";
    if (isClient) return "client";
    return processingMs > 0 ? "slow" : "node";
  }

  /** Whether it takes time to send. */
  get isNarrow(): boolean {
    return this.properties.uploadBytesPerSecond !== undefined;
  }

  /**
   * Time until a message sent now has left, ms: what was sent before goes first. To be asked when the message could leave, not before: what
   * leaves sooner would wait for what is still waiting for its link.
   */
  sendingMs(bytes: number, now: number): number {
    const { uploadBytesPerSecond } = this.properties;
    if (uploadBytesPerSecond === undefined) return 0;
    this.freeAt = Math.max(now, this.freeAt) + (bytes / uploadBytesPerSecond) * 1_000;
    return this.freeAt - now;
  }
}
