import { LRUCache } from "lru-cache";
import { type CapabilityRecord, MAX_RECORD_BYTES, readRecord } from "./capability-record.ts";
import type { VerifySignature } from "./ports.ts";

/** Records whose verdict is remembered; the one used longest ago is forgotten first. About 1 KiB each. */
const MAX_REMEMBERED = 1_024;

/** Reads encoded records and checks their signatures. */
export interface RecordReader {
  /** The record, or why it is refused. Its time is not checked. */
  read(bytes: Uint8Array): CapabilityRecord | string;
  /** Whether it is known already that they are genuine, so that reading them costs little. Left out where nothing is remembered. */
  remembers?(bytes: Uint8Array): boolean;
}

/**
 * A reader that remembers what it verified. A finder hears the same record from up to k holders, a holder gets it again with every
 * republish; checking the signature costs a hundred times more than looking the bytes up.
 */
export class CachedRecordReader implements RecordReader {
  private readonly verify: VerifySignature;
  private readonly known: LRUCache<string, CapabilityRecord>;

  /** @param max records whose verdict is remembered. Default 1,024. */
  constructor(verify: VerifySignature, max = MAX_REMEMBERED) {
    this.verify = verify;
    this.known = new LRUCache({ max });
  }

  read(bytes: Uint8Array): CapabilityRecord | string {
    if (bytes.length > MAX_RECORD_BYTES) return readRecord(bytes, this.verify);
    const key = keyOf(bytes);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const record = readRecord(Uint8Array.from(bytes), this.verify); // a copy: what is remembered must not keep the frame it came in
    if (typeof record !== "string") this.known.set(key, record);
    return record;
  }

  remembers(bytes: Uint8Array): boolean {
    return bytes.length <= MAX_RECORD_BYTES && this.known.has(keyOf(bytes));
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
