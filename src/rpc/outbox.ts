import { SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import { MAX_PLAIN_FRAME_BYTES } from "../transport/framing.ts";
import type { Link } from "../transport/transport.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { Message } from "./messages.ts";

/** Messages longer than this leave in pieces, so that what is short need not wait for them. */
export const CHUNK_BYTES = 64 * 1024;

/** Of one call: a message of which part has left, and what has to follow it. */
interface Queue {
  readonly messages: Uint8Array[];
  /** How much of the first has left. */
  sent: number;
  /** Names the pieces of the first. */
  of: number;
}

/** What the outbox needs of the link it is for. */
export interface OutboxOwner {
  readonly link: Link;
  /** Everything that had to wait has left. */
  onDone(): void;
}

/**
 * Sends messages over a link. Those that are long are cut into chunks, which take turns with one another and let everything short pass;
 * but what belongs to one call leaves in order.
 */
export class Outbox {
  private readonly host: ConnectionHost;
  private readonly owner: OutboxOwner;
  /** By call id, of calls that have a long message under way. Bounded by limits.maxBufferedBytes: then the link is given up. */
  private queues: Map<string, Queue> | undefined;
  private waitingBytes = 0;
  private lastOf = 0;
  private isPumping = false;
  /** Whether the other side puts chunks together. */
  private cutsMessages = false;
  /** Whether it takes several items of a stream in one message. */
  private gathersItems = false;

  constructor(host: ConnectionHost, owner: OutboxOwner) {
    this.host = host;
    this.owner = owner;
  }

  /** The other side has said what it understands. */
  agree(features: readonly string[]): void {
    this.cutsMessages = features.includes("chunk");
    this.gathersItems = features.includes("items");
  }

  /** True when nothing waits here. The link may still have something to send. */
  get isEmpty(): boolean {
    return this.queues === undefined || this.queues.size === 0;
  }

  /** @throws SynapseError `bad_request` when it cannot be encoded, `frame_too_large`. */
  send(message: Message): void {
    this.sendBytes("id" in message ? message.id : undefined, this.encode(message));
  }

  /** An item as {@link sendItems} takes it; undefined where items leave one by one. @throws SynapseError `bad_request`. */
  encodeItem(value: unknown): Uint8Array | undefined {
    return this.gathersItems ? this.host.serializer.items?.encode(value) : undefined;
  }

  /** Sends items that were encoded before. @throws SynapseError `frame_too_large`. */
  sendItems(id: string, input: boolean, encoded: Uint8Array, count: number): void {
    const { items } = this.host.serializer;
    if (items === undefined) return; // nothing was encoded, then
    const bytes = items.join(input ? { type: "items", id, input } : { type: "items", id }, encoded, count);
    this.checkLength(bytes);
    this.sendBytes(id, bytes);
  }

  private sendBytes(id: string | undefined, bytes: Uint8Array): void {
    const { link } = this.owner;
    const queue = id === undefined ? undefined : this.queues?.get(id);
    if (queue !== undefined) this.queueUp(queue, bytes);
    else if (id !== undefined && this.cutsMessages && bytes.length > CHUNK_BYTES) this.begin(id, bytes);
    else link.send(bytes);
  }

  private encode(message: Message): Uint8Array {
    const { serializer } = this.host;
    const bytes = serializer.encodeShared === undefined ? serializer.encode(message) : serializer.encodeShared(message);
    this.checkLength(bytes);
    return bytes;
  }

  private checkLength(bytes: Uint8Array): void {
    const { link } = this.owner;
    const { limits } = this.host;
    const most = link.dialect === "plain" ? Math.min(limits.maxFrameBytes, MAX_PLAIN_FRAME_BYTES) : limits.maxFrameBytes;
    if (bytes.length > most) throw new SynapseError("frame_too_large", `the message takes ${bytes.length} bytes, the limit is ${most}`);
  }

  private begin(id: string, bytes: Uint8Array): void {
    const queue: Queue = { messages: [], sent: 0, of: this.nextOf() };
    this.queues ??= new Map();
    this.queues.set(id, queue);
    this.queueUp(queue, bytes);
    void this.pump(this.queues);
  }

  private queueUp(queue: Queue, bytes: Uint8Array): void {
    const { link } = this.owner;
    const { limits, limitCounter, outgoingBudget } = this.host;
    try {
      if (this.waitingBytes > limits.maxBufferedBytes) throw new OverLimit("maxBufferedBytes", "busy", "its reader has stopped reading");
      outgoingBudget.take(bytes.length);
    } catch (error) {
      limitCounter.note(error);
      link.destroy();
      return;
    }
    queue.messages.push(bytes.slice()); // the encoder's own buffer is used again
    this.waitingBytes += bytes.length;
  }

  /** Sends a piece of each queue in turn, as long as the link has room. */
  private async pump(queues: Map<string, Queue>): Promise<void> {
    if (this.isPumping) return;
    this.isPumping = true;
    const { link } = this.owner;
    while (queues.size > 0) {
      for (const [id, queue] of queues) {
        this.sendPiece(queue);
        if (queue.messages.length === 0) queues.delete(id);
        const room = link.room();
        if (room !== undefined) await room;
      }
    }
    this.isPumping = false;
    this.owner.onDone();
  }

  private sendPiece(queue: Queue): void {
    const { link } = this.owner;
    const { serializer } = this.host;
    const [message] = queue.messages;
    if (message === undefined) return;
    if (message.length <= CHUNK_BYTES) {
      link.send(message);
      this.next(queue, message);
      return;
    }
    const data = message.subarray(queue.sent, queue.sent + CHUNK_BYTES);
    queue.sent += data.length;
    const isLast = queue.sent >= message.length;
    link.send(serializer.encode({ type: "chunk", of: queue.of, data, ...(isLast && { last: true }) }));
    if (isLast) this.next(queue, message);
  }

  private next(queue: Queue, { length }: Uint8Array): void {
    this.waitingBytes -= length;
    this.host.outgoingBudget.giveBack(length);
    queue.messages.shift();
    queue.sent = 0;
    queue.of = this.nextOf();
  }

  private nextOf(): number {
    this.lastOf += 1;
    return this.lastOf;
  }
}
