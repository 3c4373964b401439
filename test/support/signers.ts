import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Signer, VerifySignature } from "../../dht/index.ts";

/** What stands before a 32-byte Ed25519 seed in a PKCS#8 file, and before a public key in an SPKI file (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** A real Ed25519 signer whose key is fixed by a number. */
export function signerOf(number: number): Signer {
  const seed = Buffer.alloc(32);
  seed.writeUInt32BE(number);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = Uint8Array.from(spki.subarray(SPKI_PREFIX.length));
  return { publicKey, sign: (message) => Uint8Array.from(sign(null, message, key)) };
}

export const verifyEd25519: VerifySignature = (publicKey, message, signature) => {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
  } catch {
    return false;
  }
  return verify(null, message, key, signature);
};
