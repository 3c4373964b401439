import { DEFAULT_MAX_FRAME_BYTES } from "./transport/framing.ts";

/** Bounds of what peers can make this process hold. All can be configured; what is over a bound is refused or closed, never queued. */
export interface Limits {
  /** Longest frame, bytes, either way. */
  readonly maxFrameBytes: number;
  /** Links from others, in all. Further ones are told `busy` and closed; beyond 64 at once they are closed without a word. */
  readonly maxConnections: number;
  /** Calls of one link being worked on at once. Further ones are answered `busy`. */
  readonly maxCallsPerLink: number;
  /** Bytes waiting to leave on one link before it is given up: its reader has stopped reading. */
  readonly maxBufferedBytes: number;
  /** Time for TLS and hello, ms. */
  readonly handshakeTimeoutMs: number;
  /** Time from the first byte of a frame to its last, ms. */
  readonly frameTimeoutMs: number;
  /** A link without calls for this long is closed by whoever accepted it, ms; whoever dialled closes after half of it. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  maxConnections: 4_096,
  maxCallsPerLink: 256,
  maxBufferedBytes: 16 * 1024 * 1024,
  handshakeTimeoutMs: 10_000,
  frameTimeoutMs: 30_000,
  idleTimeoutMs: 120_000,
};
