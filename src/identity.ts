import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Signer } from "../dht/index.ts";
import { messageOf, type NodeId, SynapseError } from "../routing/index.ts";
import { systemCodeOf } from "./errors.ts";

/** What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;
/** Only the owner may read or write an identity. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** An Ed25519 key pair. Whoever has it is the node: its id is the hash of the public key. */
export class Identity implements Signer {
  readonly publicKey: Uint8Array;
  readonly nodeId: NodeId;
  readonly privateKey: KeyObject;
  /** The file that it is kept in. One node at a time may use it. */
  readonly file: string | undefined;

  private constructor(privateKey: KeyObject, file?: string) {
    this.privateKey = privateKey;
    this.file = file;
    this.publicKey = rawPublicKey(createPublicKey(privateKey));
    this.nodeId = nodeIdOf(this.publicKey);
  }

  /** A new identity that nobody else has. */
  static generate(): Identity {
    return new Identity(generateKeyPairSync("ed25519").privateKey);
  }

  /** The identity of a 32-byte seed: the same each time. For tests and simulations. */
  static fromSeed(seed: Uint8Array): Identity {
    if (seed.length !== SEED_BYTES) throw new SynapseError("bad_identity", `a seed is ${SEED_BYTES} bytes, not ${seed.length}`);
    return new Identity(createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" }));
  }

  /**
   * Loads an identity, or makes one and saves it where there is none.
   * @throws SynapseError `bad_identity` when the file is not one, or others may read it.
   */
  static async loadOrCreate(path: string): Promise<Identity> {
    const known = await Identity.load(path);
    if (known !== undefined) return known;
    const identity = new Identity(Identity.generate().privateKey, path);
    if (await identity.saveNew(path)) return identity;
    return (await Identity.load(path)) ?? identity; // another process was first: its identity counts
  }

  private static async load(path: string): Promise<Identity | undefined> {
    let pem: string;
    try {
      const file = await stat(path);
      if (!file.isFile())
        throw new SynapseError("bad_identity", `${path} is no file that could hold an identity`, {
          hint: "name a file: it is made if there is none",
        });
      const { mode } = file;
      if (process.platform !== "win32" && (mode & 0o077) !== 0) {
        throw new SynapseError("bad_identity", `the identity file ${path} can be read by others`, { hint: `chmod 600 ${path}` });
      }
      pem = await readFile(path, "utf8");
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return undefined;
      if (error instanceof SynapseError) throw error;
      throw new SynapseError("bad_identity", `cannot read the identity file ${path}: ${messageOf(error)}`, { cause: error });
    }
    return new Identity(parsePrivateKey(pem, path), path);
  }

  /**
   * Puts the private key there as PKCS#8 PEM with mode 0600. False when the file exists by now. It is written under another name first
   * and then linked into place: a link appears whole or not at all, so that no other process ever reads half a key.
   */
  private async saveNew(path: string): Promise<boolean> {
    const draft = `${path}.${randomUUID()}`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
      await this.write(draft);
      await link(draft, path);
      return true;
    } catch (error) {
      if (systemCodeOf(error) === "EEXIST") return false;
      throw new SynapseError("bad_identity", `cannot save the identity to ${path}: ${messageOf(error)}`, { cause: error });
    } finally {
      await rm(draft, { force: true }).catch(() => undefined); // what went wrong before says more than this would
    }
  }

  private async write(path: string): Promise<void> {
    const file = await open(path, "wx", PRIVATE_FILE);
    try {
      await file.writeFile(this.privateKey.export({ format: "pem", type: "pkcs8" }));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.privateKey));
  }
}

/** The id that goes with a public key. */
export function nodeIdOf(publicKey: Uint8Array): NodeId {
  return sha256(publicKey);
}

export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    // As JWK, as below: OpenSSL takes seven times as long to read the same bytes as DER, nearly as long as to verify.
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") }, format: "jwk" });
    return verify(null, message, key, signature);
  } catch {
    return false; // not a point of the curve: nothing can be signed with it
  }
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== "ed25519") throw new SynapseError("bad_identity", `not an Ed25519 key: ${key.asymmetricKeyType}`);
  // As JWK (RFC 8037): OpenSSL takes forty times as long to write the same bytes as DER, more than a signature.
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x as string, "base64url"));
}

function parsePrivateKey(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // told below: the message of the library is about DER, which helps nobody
  }
  throw new SynapseError("bad_identity", `${path} does not hold an Ed25519 private key in PEM form`, {
    hint: "name another file, or remove this one to have a new identity made",
  });
}
