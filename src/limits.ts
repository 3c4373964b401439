import { DEFAULT_MAX_FRAME_BYTES } from "./transport/framing.ts";

/** Bounds of what peers can make this process hold. All can be configured; what is over a bound is refused or closed, never queued. */
export interface Limits {
  /** Longest frame, bytes, either way. */
  readonly maxFrameBytes: number;
  /** How far maps and lists may be nested in a message. For the serializer that comes with the project, as the next. */
  readonly maxDepth: number;
  /** Values in one message, those inside its lists and maps included: a byte each can become a hundred here. */
  readonly maxValues: number;
  /** Links from others, in all. Further ones are told `busy` and closed; beyond 64 at once they are closed without a word. */
  readonly maxConnections: number;
  /** Links from one host that is neither this machine nor in its private network. Further ones are refused in the same way. */
  readonly maxConnectionsPerHost: number;
  /** Calls of one link being worked on at once. Further ones are answered `busy`. */
  readonly maxCallsPerLink: number;
  /**
   * Bytes waiting to leave on one link before it is given up: its reader has stopped reading. Also what one link may make this process
   * hold: arguments of calls under way, streams that nobody has read, parts of messages.
   */
  readonly maxBufferedBytes: number;
  /** The same over all links together: then those that have a quarter of a megabyte waiting are given up as they would send more. */
  readonly maxBufferedBytesInAll: number;
  /** Time for TLS and hello, ms. */
  readonly handshakeTimeoutMs: number;
  /** Time from the first byte of a frame to its last, ms. */
  readonly frameTimeoutMs: number;
  /** A link with more than a quarter of a megabyte waiting, of which nobody has read enough in this time, is given up, ms. */
  readonly stallTimeoutMs: number;
  /** A link whose other side owes answers and has been silent for this long is asked whether it still lives, ms. */
  readonly keepAliveMs: number;
  /** It is given up when it does not say so in this time, ms. */
  readonly keepAliveTimeoutMs: number;
  /** A link without calls for this long is closed by whoever accepted it, ms; whoever dialled closes after half of it. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  maxDepth: 64,
  maxValues: 262_144,
  maxConnections: 4_096,
  maxConnectionsPerHost: 256,
  maxCallsPerLink: 256,
  maxBufferedBytes: 16 * 1024 * 1024,
  maxBufferedBytesInAll: 256 * 1024 * 1024,
  handshakeTimeoutMs: 10_000,
  frameTimeoutMs: 30_000,
  stallTimeoutMs: 60_000,
  keepAliveMs: 15_000,
  keepAliveTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
};
