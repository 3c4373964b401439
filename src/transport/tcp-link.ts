import type { Socket } from "node:net";
import type { Runtime, Timer } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import type { Limits } from "../limits.ts";
import { inNextTurn } from "../runtime.ts";
import { FrameDecoder, HEADER_BYTES, incompleteFrame, writeLength } from "./framing.ts";
import type { OutBuffer } from "./out-buffer.ts";
import type { Allowance, Dialect, Link, LinkReceiver } from "./transport.ts";

/**
 * Frames of one turn are gathered in pieces of memory that are the larger, the more a link says: one allocation for hundreds of small
 * frames. The first of a turn gets what it takes and no more: most links say one thing at a time, and then nothing for long.
 */
const FIRST_SLAB_BYTES = 512;
const LARGEST_SLAB_BYTES = 64 * 1024;
const NO_SLAB = Buffer.alloc(0);
/** Bytes waiting to leave from which on the writers of streams wait: enough to keep any network busy. */
const ROOM_BYTES = 256 * 1024;
/**
 * Of the part of a frame that has come, as much is in no budget: where that is full, short messages get through, and are answered that it
 * is.
 */
const UNCHARGED_BYTES = 16 * 1024;

export interface TcpLinkOptions {
  /** A connected socket, or one wrapped in TLS whose handshake is done. */
  readonly socket: Socket;
  readonly dialect: Dialect;
  readonly peerId: NodeId | undefined;
  readonly remoteAddress: string;
  readonly remoteHost?: string | undefined;
  readonly dialled: boolean;
  readonly runtime: Runtime;
  readonly limits: Limits;
  /** Shared by all links. */
  readonly outBuffer: OutBuffer;
  /** Shared by all links, for frames that have come in part. */
  readonly incoming?: Allowance | undefined;
}

/** From a socket to its link: so that all links share four listeners, and do not bring four each. */
const LINK = Symbol("link");

interface LinkedSocket extends Socket {
  [LINK]?: TcpLink;
}

function onData(this: LinkedSocket, chunk: Buffer): void {
  this[LINK]?.onData(chunk);
}

function onEnd(this: LinkedSocket): void {
  this[LINK]?.onEnd();
}

function onError(this: LinkedSocket, error: Error): void {
  this[LINK]?.onError(error);
}

function onClose(this: LinkedSocket): void {
  this[LINK]?.onClose();
}

/** A link over a socket: frames out, frames in. */
export class TcpLink implements Link {
  readonly dialect: Dialect;
  readonly peerId: NodeId | undefined;
  readonly remoteAddress: string;
  readonly remoteHost: string | undefined;
  readonly dialled: boolean;
  private readonly socket: LinkedSocket;
  private readonly runtime: Runtime;
  private readonly limits: Limits;
  private readonly outBuffer: OutBuffer;
  private readonly incoming: Allowance | undefined;
  private readonly decoder: FrameDecoder;
  /** What was taken of `incoming`. */
  private charged = 0;
  private receiver: LinkReceiver | undefined;
  /** Runs while part of a frame is here: whoever sends a byte a minute is not waited for. */
  private frameTimer: Timer | undefined;
  /** Runs once this side has closed: the other may keep its half open for ever, and talk; it has as long as a frame to let go. */
  private closeTimer: Timer | undefined;
  /** What writers of streams wait for. */
  private drained: Promise<void> | undefined;
  /** Where frames are gathered; sent from `flushed` to `filled` at the end of the turn, and replaced when it is full. */
  private slab: Buffer = NO_SLAB;
  private slabBytes = FIRST_SLAB_BYTES;
  private filled = 0;
  private flushed = 0;
  /** Frames sent in this turn. */
  private frames = 0;
  /** In the turn before: who has said one thing at once will do so again. */
  private lastFrames = 0;
  private isFaulty = false;
  private error: SynapseError | undefined;

  constructor(options: TcpLinkOptions) {
    this.socket = options.socket;
    this.dialect = options.dialect;
    this.peerId = options.peerId;
    this.remoteAddress = options.remoteAddress;
    this.remoteHost = options.remoteHost;
    this.dialled = options.dialled;
    this.runtime = options.runtime;
    this.limits = options.limits;
    this.outBuffer = options.outBuffer;
    this.incoming = options.incoming;
    this.decoder = new FrameDecoder(options.limits.maxFrameBytes, options.dialect === "plain");
    this.socket.setNoDelay(true);
    this.socket[LINK] = this;
    // Listened to from the start: an error before open() must not end the process.
    this.socket.on("error", onError);
    this.socket.on("close", onClose);
  }

  get bufferedBytes(): number {
    return this.socket.writableLength + this.filled - this.flushed;
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
    this.socket.on("data", onData);
    this.socket.on("end", onEnd);
    this.socket.resume(); // it was held back until somebody listens
    if (this.socket.destroyed) queueMicrotask(() => this.onClose()); // it went while nobody was listening
  }

  limitFrames(most = Number.POSITIVE_INFINITY): void {
    this.decoder.maxFrameBytes = Math.min(most, this.limits.maxFrameBytes);
  }

  send(message: Uint8Array): void {
    const { socket } = this;
    if (!socket.writable) return;
    const waiting = socket.writableLength;
    const isOver = waiting > this.limits.maxBufferedBytes;
    if (isOver || (waiting > ROOM_BYTES && this.outBuffer.isFull)) {
      const limit = isOver ? "maxBufferedBytes" : "maxBufferedBytesInAll";
      this.fail(this.unread(limit));
      return;
    }
    const bytes = HEADER_BYTES + message.length;
    if (this.slab.length - this.filled < bytes) this.takeSlab(bytes);
    writeLength(this.slab, this.filled, message.length);
    this.slab.set(message, this.filled + HEADER_BYTES);
    this.filled += bytes;
    this.frames += 1;
    if (this.frames === 1) inNextTurn(() => this.endTurn());
  }

  room(): Promise<void> | undefined {
    if (this.socket.writableLength < ROOM_BYTES || this.socket.destroyed) return undefined;
    this.drained ??= new Promise((resolve) => {
      const { stallTimeoutMs } = this.limits;
      const stalled = this.runtime.schedule(stallTimeoutMs, () => this.fail(this.unread("stallTimeoutMs")));
      const onRoom = () => {
        stalled.cancel();
        this.socket.off("drain", onRoom).off("close", onRoom);
        this.drained = undefined;
        resolve();
      };
      this.socket.on("drain", onRoom).on("close", onRoom);
    });
    return this.drained;
  }

  close(): void {
    this.flush();
    this.socket.end();
    if (!this.socket.destroyed) this.closeTimer ??= this.runtime.schedule(this.limits.frameTimeoutMs, () => this.destroy());
  }

  destroy(): void {
    this.socket.destroy();
  }

  /**
   * All that is sent in one turn of the event loop leaves in one write. By its end, not by that of the event at hand: TLS hands on what it
   * has read record by record, and answers that left one by one would never come together again.
   */
  private endTurn(): void {
    this.flush();
    if (this.frames === 1) {
      this.slab = NO_SLAB;
      this.filled = 0;
      this.flushed = 0;
    }
    this.lastFrames = this.frames;
    this.frames = 0;
  }

  /** Hands what was gathered to the socket, which keeps it until it has left: that part of the slab is never written again. */
  private flush(): void {
    if (this.filled === this.flushed) return;
    const batch = this.slab.subarray(this.flushed, this.filled);
    this.flushed = this.filled;
    if (!this.socket.writable) return;
    this.outBuffer.add(batch.length);
    this.socket.write(batch, () => this.outBuffer.remove(batch.length));
  }

  private takeSlab(bytes: number): void {
    this.flush();
    this.filled = 0;
    this.flushed = 0;
    if (this.frames === 0 && this.lastFrames <= 1) {
      this.slab = Buffer.allocUnsafe(bytes);
      return;
    }
    if (this.frames > 1) this.slabBytes = Math.min(LARGEST_SLAB_BYTES, 2 * this.slabBytes); // it did not hold those of one turn
    this.slab = Buffer.allocUnsafeSlow(Math.max(this.slabBytes, bytes));
  }

  onData(chunk: Buffer): void {
    if (this.isFaulty) return;
    try {
      this.decoder.push(chunk, (message) => {
        this.forgetFrame(); // what follows in this chunk is another frame, with time of its own
        this.receiver?.onMessage(message);
      });
      this.charge(this.decoder.heldBytes);
    } catch (error) {
      this.onFault(asSynapseError(error));
      return;
    }
    if (this.decoder.isPartial) this.watchFrame();
  }

  private watchFrame(): void {
    this.frameTimer ??= this.runtime.schedule(this.limits.frameTimeoutMs, () =>
      this.onFault(new OverLimit("frameTimeoutMs", "timed_out", `a frame was not complete after ${this.limits.frameTimeoutMs} ms`)),
    );
  }

  private forgetFrame(): void {
    this.frameTimer?.cancel();
    this.frameTimer = undefined;
  }

  /** For the part of a frame that is here. @throws OverLimit. */
  private charge(bytes: number): void {
    const { maxBufferedBytes } = this.limits;
    const due = bytes > UNCHARGED_BYTES ? bytes : 0;
    if (due > maxBufferedBytes)
      throw new OverLimit("maxBufferedBytes", "busy", `of one frame more than ${maxBufferedBytes} bytes wait here for the rest`);
    if (due > this.charged) this.incoming?.take(due - this.charged);
    else if (due < this.charged) this.incoming?.giveBack(this.charged - due);
    this.charged = due;
  }

  private forgetPartial(): void {
    this.decoder.drop();
    this.charge(0);
  }

  private onFault(error: SynapseError): void {
    this.isFaulty = true;
    this.forgetPartial();
    this.receiver?.onFault(error);
  }

  onEnd(): void {
    if (this.decoder.isPartial && !this.isFaulty) this.onFault(incompleteFrame());
    else this.receiver?.onEnd();
  }

  onError(error: Error): void {
    this.error ??= new SynapseError("connection_lost", `the connection to ${this.remoteAddress} broke: ${error.message}`, {
      peer: this.remoteAddress,
      retryable: true,
      cause: error,
    });
  }

  private unread(limit: keyof Limits): OverLimit {
    const peer = this.remoteAddress;
    return new OverLimit(limit, "connection_lost", `${peer} has stopped reading: ${this.bufferedBytes} bytes were waiting for it`, {
      peer,
    });
  }

  private fail(error: SynapseError): void {
    this.error ??= error;
    this.socket.destroy();
  }

  onClose(): void {
    this.forgetFrame();
    this.forgetPartial();
    this.closeTimer?.cancel();
    const { receiver } = this;
    this.receiver = undefined;
    receiver?.onClose(this.error);
  }
}
