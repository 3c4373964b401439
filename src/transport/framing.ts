import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import { Pieces } from "./pieces.ts";

/** Length prefix of a frame: 4 bytes, big-endian. */
export const HEADER_BYTES = 4;
/** Longest frame unless configured otherwise. */
export const DEFAULT_MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** A plain frame stays under 16 MiB, so that its first byte is 0 and cannot be taken for TLS. */
export const MAX_PLAIN_FRAME_BYTES = 2 ** 24 - 1;

/**
 * Cuts a stream of bytes into frames. Those that are whole in one chunk are parts of it. It buffers what has arrived, never what a header
 * merely announces, and refuses an oversized frame on sight of its header.
 */
export class FrameDecoder {
  /** Longest frame from the next header on. */
  maxFrameBytes: number;
  private readonly isPlain: boolean;
  /** The frame under way: at most one. */
  private readonly partial = new Pieces();
  /** Bytes of the frame under way with its header; of the header alone until that is whole. */
  private expected = HEADER_BYTES;

  /** @param isPlain frames of the plain dialect: longer than one can be, they are another protocol's. */
  constructor(maxFrameBytes: number, isPlain = false) {
    this.maxFrameBytes = maxFrameBytes;
    this.isPlain = isPlain;
  }

  /** True while part of a frame has arrived and the rest has not. */
  get isPartial(): boolean {
    return this.partial.length > 0;
  }

  /** What the frame under way takes here, bytes. */
  get heldBytes(): number {
    return this.partial.heldBytes;
  }

  /** Forgets the frame under way: nothing more will be read. */
  drop(): void {
    this.partial.drop();
  }

  /** @throws SynapseError `frame_too_large`; the stream is of no use afterwards. */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    let start = this.isPartial ? this.complete(chunk, onFrame) : 0;
    while (chunk.length - start >= HEADER_BYTES) {
      const end = start + HEADER_BYTES + this.lengthAt(chunk, start);
      if (end > chunk.length) {
        this.expected = end - start;
        break;
      }
      onFrame(chunk.subarray(start + HEADER_BYTES, end));
      start = end;
    }
    if (start < chunk.length) this.partial.add(start === 0 ? chunk : chunk.subarray(start));
  }

  /** Adds what is missing of the frame under way, as far as it is here. Gives where in the chunk the next begins. */
  private complete(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): number {
    const { partial } = this;
    let start = 0;
    if (partial.length < HEADER_BYTES) {
      start = Math.min(chunk.length, HEADER_BYTES - partial.length);
      partial.add(chunk.subarray(0, start));
      if (partial.length < HEADER_BYTES) return start;
      this.expected = HEADER_BYTES + this.lengthAt(partial.first, 0);
    }
    const end = start + this.expected - partial.length;
    if (end > chunk.length) {
      partial.add(start === 0 ? chunk : chunk.subarray(start));
      return chunk.length;
    }
    this.expected = HEADER_BYTES;
    onFrame(partial.join(chunk.subarray(start, end)).subarray(HEADER_BYTES));
    return end;
  }

  private lengthAt(data: Uint8Array, at: number): number {
    const length = readLength(data, at);
    if (this.isPlain && length > MAX_PLAIN_FRAME_BYTES) throw notSynapse();
    if (length > this.maxFrameBytes) throw tooLarge(length, this.maxFrameBytes);
    return length;
  }
}

/** A web server answers what it does not understand with text; its first letters would be a frame of a gigabyte. */
function notSynapse(): SynapseError {
  return new SynapseError("not_synapse", "the other side does not speak Synapse", {
    hint: "check the port: another program listens there",
  });
}

/** Writes a length into the 4 bytes at `at`. */
export function writeLength(into: Uint8Array, at: number, length: number): void {
  into[at] = length >>> 24;
  into[at + 1] = length >>> 16;
  into[at + 2] = length >>> 8;
  into[at + 3] = length;
}

/** A payload with its header before it. */
export function frame(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  writeLength(bytes, 0, payload.length);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/**
 * Reads one frame from a stream, for programs that speak the plain protocol by hand.
 * @throws SynapseError `frame_too_large`, or `bad_request` when the stream ends within a frame.
 */
export async function readFrame(stream: Readable, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES): Promise<Uint8Array> {
  const length = readLength(await readExactly(stream, HEADER_BYTES), 0);
  if (length > maxFrameBytes) throw tooLarge(length, maxFrameBytes);
  return length === 0 ? new Uint8Array(0) : readExactly(stream, length);
}

/**
 * Writes one frame to a stream, and waits while the stream is full.
 * @throws SynapseError `connection_lost` when the stream is closed meanwhile.
 */
export async function writeFrame(stream: Writable, payload: Uint8Array): Promise<void> {
  if (stream.write(frame(payload))) return;
  const waiting = new AbortController();
  const closed = once(stream, "close", waiting).then(() => {
    throw new SynapseError("connection_lost", "the stream was closed before the frame had left", { retryable: true });
  });
  try {
    await Promise.race([once(stream, "drain", waiting), closed]);
  } finally {
    waiting.abort();
  }
}

export function incompleteFrame(): SynapseError {
  return new SynapseError("bad_request", "incomplete frame");
}

function readExactly(stream: Readable, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const finish = (outcome: Uint8Array | Error) => {
      stream.off("readable", attempt).off("end", attempt).off("close", attempt).off("error", finish);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const attempt = () => {
      const chunk: unknown = stream.read(length);
      if (chunk instanceof Uint8Array) finish(chunk.length < length ? incompleteFrame() : chunk);
      else if (stream.readableEnded || stream.destroyed) finish(stream.errored ?? incompleteFrame());
    };
    // Listened to throughout: a listener for "readable" that comes anew is told at once of what was too little before, again and again.
    stream.on("readable", attempt).on("end", attempt).on("close", attempt).on("error", finish);
    attempt();
  });
}

function readLength(data: Uint8Array, at: number): number {
  const high = data[at] as number;
  return high * 0x1000000 + (((data[at + 1] as number) << 16) | ((data[at + 2] as number) << 8) | (data[at + 3] as number));
}

function tooLarge(length: number, limit: number): SynapseError {
  return new OverLimit("maxFrameBytes", "frame_too_large", `frame too large: ${length} > ${limit}`, {
    hint: "send less at once, or raise maxFrameBytes on both sides",
  });
}
