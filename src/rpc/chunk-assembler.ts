import type { Runtime, Timer } from "../../dht/index.ts";
import type { SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import type { Budget } from "./budget.ts";
import { badRequest } from "./messages.ts";

/** Messages that may be under way in pieces at once. */
const MAX_PARTIAL = 512;
/** For each of these, a message in pieces has the time of a whole frame. */
const BYTES_A_FRAME_TIME = 1024 * 1024;

interface Partial {
  readonly pieces: Uint8Array[]; // what they take is in the budget
  readonly beganAt: number;
  bytes: number;
  /** What they take here, with what is around them. */
  cost: number;
}

export interface AssemblerOptions {
  /** Longest message. */
  readonly maxMessageBytes: number;
  /** Time for the first megabyte of a message, and for each further one, ms. */
  readonly frameTimeoutMs: number;
  /** For what is incomplete. */
  readonly budget: Budget;
  readonly runtime: Runtime;
  /** A message takes longer than it may. */
  readonly onOverdue: (error: SynapseError) => void;
}

/** Puts the pieces of long messages together. */
export class ChunkAssembler {
  private readonly options: AssemblerOptions;
  /** By the number that names the message; at most {@link MAX_PARTIAL}, and what the budget has room for. */
  private readonly partial = new Map<number, Partial>();
  private timer: Timer | undefined;

  constructor(options: AssemblerOptions) {
    this.options = options;
  }

  /** Forgets what is incomplete: the link has closed. */
  drop(): void {
    this.timer?.cancel();
    for (const { cost } of this.partial.values()) this.options.budget.giveBack(cost);
    this.partial.clear();
  }

  /**
   * Takes a piece. Gives the message when that was the last.
   * @param cost what the message around the piece takes here.
   * @throws SynapseError `bad_request`, `frame_too_large`, `busy`: the message is lost, and so is whoever sends such a one.
   */
  add(map: Record<string, unknown>, cost: number): Uint8Array | undefined {
    const { of, data, last } = map;
    if (typeof of !== "number" || !(data instanceof Uint8Array) || data.length === 0)
      throw badRequest("a chunk needs the number of its message, and bytes");
    const { maxMessageBytes, budget } = this.options;
    const message = this.partial.get(of) ?? this.begin();
    message.bytes += data.length;
    if (message.bytes > maxMessageBytes)
      throw new OverLimit("maxFrameBytes", "frame_too_large", `the message takes more than ${maxMessageBytes} bytes`);
    budget.take(cost);
    message.cost += cost;
    message.pieces.push(data);
    if (last !== true) {
      this.partial.set(of, message);
      this.timer ??= this.options.runtime.schedule(this.options.frameTimeoutMs, () => this.look());
      return undefined;
    }
    this.partial.delete(of);
    budget.giveBack(message.cost);
    return Buffer.concat(message.pieces);
  }

  private begin(): Partial {
    if (this.partial.size >= MAX_PARTIAL)
      throw new OverLimit("maxBufferedBytes", "busy", `${MAX_PARTIAL} messages are under way in pieces`, { retryable: true });
    return { pieces: [], beganAt: this.options.runtime.now(), bytes: 0, cost: 0 };
  }

  private look(): void {
    this.timer = undefined;
    const { runtime, frameTimeoutMs, onOverdue } = this.options;
    const now = runtime.now();
    const isLate = ({ beganAt, bytes }: Partial) => now - beganAt >= frameTimeoutMs * (1 + Math.floor(bytes / BYTES_A_FRAME_TIME));
    if ([...this.partial.values()].some(isLate))
      onOverdue(new OverLimit("frameTimeoutMs", "timed_out", "a message in pieces was not complete in time"));
    else if (this.partial.size > 0) this.timer = runtime.schedule(frameTimeoutMs, () => this.look());
  }
}
