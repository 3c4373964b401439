import { type CapabilityRecord, readRecord } from "../../../dht/index.ts";

/** All that honest nodes have signed: no other record of theirs exists, whatever signature it bears. */
export class Ledger {
  private readonly signed = new Set<string>(); // messages; one for each record that was ever published
  private readonly known = new WeakMap<Uint8Array, CapabilityRecord | string>();

  note(message: Uint8Array): void {
    this.signed.add(textOf(message));
  }

  /** The record, or why it is none that anybody published. Remembered by its bytes, which are handed on and never copied. */
  read(bytes: Uint8Array): CapabilityRecord | string {
    let record = this.known.get(bytes);
    if (record === undefined) {
      record = readRecord(bytes, (_, message) => this.signed.has(textOf(message)));
      this.known.set(bytes, record);
    }
    return record;
  }
}

function textOf(message: Uint8Array): string {
  return Buffer.from(message.buffer, message.byteOffset, message.length).toString("latin1");
}
