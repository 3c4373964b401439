import { sha256 } from "@noble/hashes/sha2.js";
import { type CapabilityRecord, readRecord, type VerifySignature } from "../../../dht/index.ts";
import { toHex } from "../../../routing/index.ts";
import type { SimNode } from "../../engine/world.ts";

/**
 * All that nodes have signed: no other record of theirs exists, whatever signature it bears. Keys that are no node's, such as those
 * attackers make up agents with, are believed for their signatures, since nobody sees them sign.
 */
export class Ledger {
  private readonly signed = new Set<string>(); // messages; one for each record that was ever published
  private readonly signers = new Set<string>(); // ids; at most the nodes of the world
  private readonly known = new WeakMap<Uint8Array, CapabilityRecord | string>();
  private readonly verify: VerifySignature;

  constructor(verify: VerifySignature) {
    this.verify = verify;
  }

  note(signer: SimNode, message: Uint8Array): void {
    this.signers.add(signer.contact.key);
    this.signed.add(textOf(message));
  }

  /** The record, or why it is none that anybody published. Remembered by its bytes, which are handed on and never copied. */
  read(bytes: Uint8Array): CapabilityRecord | string {
    let record = this.known.get(bytes);
    if (record === undefined) {
      record = readRecord(bytes, this.isSigned);
      this.known.set(bytes, record);
    }
    return record;
  }

  private readonly isSigned: VerifySignature = (publicKey, message, signature) => {
    if (this.signed.has(textOf(message))) return true;
    return !this.signers.has(toHex(sha256(publicKey))) && this.verify(publicKey, message, signature);
  };
}

function textOf(message: Uint8Array): string {
  return Buffer.from(message.buffer, message.byteOffset, message.length).toString("latin1");
}
