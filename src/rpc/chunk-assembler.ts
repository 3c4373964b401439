import { OverLimit } from "../limit-counts.ts";
import { badRequest } from "./messages.ts";

/** Messages that may be under way in pieces at once. */
const MAX_PARTIAL = 512;

interface Partial {
  readonly pieces: Uint8Array[];
  bytes: number;
}

/** Puts the pieces of long messages together. */
export class ChunkAssembler {
  private readonly maxMessageBytes: number;
  private readonly maxBytes: number;
  /** By the number that names the message; at most {@link MAX_PARTIAL}, and maxBytes together. */
  private readonly partial = new Map<number, Partial>();
  private bytes = 0;

  /**
   * @param maxMessageBytes longest message.
   * @param maxBytes of all that is incomplete together.
   */
  constructor(maxMessageBytes: number, maxBytes: number) {
    this.maxMessageBytes = maxMessageBytes;
    this.maxBytes = maxBytes;
  }

  /**
   * Takes a piece. Gives the message when that was the last.
   * @throws SynapseError `bad_request`, `frame_too_large`, `busy`: the message is lost, and so is whoever sends such a one.
   */
  add(map: Record<string, unknown>): Uint8Array | undefined {
    const { of, data, last } = map;
    if (typeof of !== "number" || !(data instanceof Uint8Array)) throw badRequest("a chunk needs the number of its message, and bytes");
    const known = this.partial.get(of);
    if (known === undefined && this.partial.size >= MAX_PARTIAL) throw tooMuch(`${MAX_PARTIAL} messages are under way in pieces`);
    const message = known ?? { pieces: [], bytes: 0 };
    message.bytes += data.length;
    this.bytes += data.length;
    if (message.bytes > this.maxMessageBytes)
      throw new OverLimit("maxFrameBytes", "frame_too_large", `the message takes more than ${this.maxMessageBytes} bytes`);
    if (this.bytes > this.maxBytes) throw tooMuch(`more than ${this.maxBytes} bytes of messages are under way in pieces`);
    message.pieces.push(data);
    if (last !== true) {
      this.partial.set(of, message);
      return undefined;
    }
    this.partial.delete(of);
    this.bytes -= message.bytes;
    return Buffer.concat(message.pieces);
  }
}

function tooMuch(message: string): OverLimit {
  return new OverLimit("maxBufferedBytes", "busy", message, { retryable: true });
}
