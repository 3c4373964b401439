import { sha256 } from "@noble/hashes/sha2.js";
import { type CapabilityRecord, type RecordReader, readRecord, type Signer } from "../../dht/index.ts";

/**
 * Signatures that anybody could forge and nobody here does: a hash with the public key. They take a hundredth of the time, and an
 * adversary in a simulation forges by writing a wrong one. Real Ed25519 is used at the node level.
 */
export class StandInSigner implements Signer {
  readonly publicKey: Uint8Array;

  constructor(publicKey: Uint8Array) {
    this.publicKey = publicKey;
  }

  sign(message: Uint8Array): Uint8Array {
    return standInSignature(this.publicKey, message);
  }
}

function standInSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const half = sha256(Buffer.concat([publicKey, message]));
  return new Uint8Array(Buffer.concat([half, half]));
}

export function verifyStandIn(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return Buffer.compare(standInSignature(publicKey, message), signature) === 0;
}

/** All nodes read through one memory: a record is verified once, however many hold it, since the bytes are handed on and never copied. */
export class SharedReader implements RecordReader {
  private readonly known = new WeakMap<Uint8Array, CapabilityRecord | string>();

  read(bytes: Uint8Array): CapabilityRecord | string {
    let record = this.known.get(bytes);
    if (record === undefined) {
      record = readRecord(bytes, verifyStandIn);
      this.known.set(bytes, record);
    }
    return record;
  }
}
