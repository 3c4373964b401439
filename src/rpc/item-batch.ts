import { afterThisEvent } from "../runtime.ts";
import { streamItem } from "./messages.ts";
import type { Outbox } from "./outbox.ts";

/** Items gathered at most, and the bytes from which on they leave: enough that what a message costs by itself is little beside them. */
const MAX_ITEMS = 128;
const FULL_BYTES = 16 * 1024;
const FIRST_BYTES = 512;
const NO_BYTES = new Uint8Array(0);

/**
 * The items that one stream sends. Those of one turn of the event loop leave in one message, where the other side understands that: half of
 * what a small item costs is the message around it. Each is encoded as it comes, so that whoever yields the same object again, changed,
 * changes nothing that was sent.
 */
export class ItemBatch {
  private readonly outbox: Outbox;
  private readonly id: string;
  private readonly input: boolean;
  private buffer: Uint8Array = NO_BYTES;
  private bytes = 0;
  private count = 0;
  private flushes = false;

  /** @param input the items are the caller's own, and go to the callee. */
  constructor(outbox: Outbox, id: string, input: boolean) {
    this.outbox = outbox;
    this.id = id;
    this.input = input;
  }

  /** @throws SynapseError `bad_request` when it cannot be encoded, `frame_too_large`. */
  add(value: unknown): void {
    const { outbox, id, input } = this;
    const encoded = outbox.encodeItem(value);
    if (encoded === undefined) {
      outbox.send(input ? { ...streamItem(id, value), input } : streamItem(id, value));
      return;
    }
    this.keep(encoded); // the encoder's own buffer is used again
    if (this.count >= MAX_ITEMS || this.bytes >= FULL_BYTES) this.flush();
    else this.flushAfterThisEvent();
  }

  /** Sends what has been gathered. */
  flush(): void {
    if (this.count === 0) return;
    const { count } = this;
    this.count = 0;
    const encoded = this.buffer.subarray(0, this.bytes);
    this.bytes = 0;
    if (this.buffer.length > 2 * FULL_BYTES) this.buffer = NO_BYTES; // it was for a large item
    this.outbox.sendItems(this.id, this.input, encoded, count);
  }

  /** Nobody reads any more. */
  drop(): void {
    this.count = 0;
    this.bytes = 0;
  }

  private keep(encoded: Uint8Array): void {
    if (this.bytes + encoded.length > this.buffer.length) this.grow(encoded.length);
    this.buffer.set(encoded, this.bytes);
    this.bytes += encoded.length;
    this.count += 1;
  }

  private flushAfterThisEvent(): void {
    if (this.flushes) return;
    this.flushes = true;
    afterThisEvent(() => {
      this.flushes = false;
      this.flush();
    });
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(FIRST_BYTES, 2 * this.bytes, this.bytes + by));
    larger.set(this.buffer.subarray(0, this.bytes));
    this.buffer = larger;
  }
}
