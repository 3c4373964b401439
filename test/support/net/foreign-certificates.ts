import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** Keys that the protocol does not know. */
export type ForeignKey = "rsa" | "ec" | "ed448";

interface Algorithm {
  readonly make: () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** AlgorithmIdentifier of its signatures, as DER in hex. */
  readonly identifier: string;
  readonly digest: string | null;
}

const ALGORITHMS: Readonly<Record<ForeignKey | "ed25519", Algorithm>> = {
  rsa: { make: () => generateKeyPairSync("rsa", { modulusLength: 2048 }), identifier: "300d06092a864886f70d01010b0500", digest: "sha256" },
  ec: { make: () => generateKeyPairSync("ec", { namedCurve: "P-256" }), identifier: "300a06082a8648ce3d040302", digest: "sha256" },
  ed448: { make: () => generateKeyPairSync("ed448"), identifier: "300506032b6571", digest: null },
  ed25519: { make: () => generateKeyPairSync("ed25519"), identifier: "300506032b6570", digest: null },
};

/** A valid certificate of a key, and the key: everything that TLS asks for. */
export function foreignContext(kind: ForeignKey | "ed25519"): SecureContext {
  const { publicKey, privateKey } = ALGORITHMS[kind].make();
  return createSecureContext({
    key: privateKey.export({ format: "pem", type: "pkcs8" }),
    cert: pem(certificate(ALGORITHMS[kind], publicKey, privateKey)),
  });
}

/** A certificate that names one key and is signed with another. */
export function certificateFor(publicKey: KeyObject, signedWith: KeyObject): string {
  return pem(certificate(ALGORITHMS.ed25519, publicKey, signedWith));
}

function certificate({ identifier, digest }: Algorithm, publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const algorithm = Buffer.from(identifier, "hex");
  const name = Buffer.from("300f310d300b06035504030c0474657374", "hex"); // CN=test
  const validity = tlv(0x30, tlv(0x17, Buffer.from("250101000000Z")), tlv(0x17, Buffer.from("450101000000Z")));
  const version = Buffer.from("a003020102", "hex");
  const serial = Buffer.from("020105", "hex");
  const body = tlv(0x30, version, serial, algorithm, name, validity, name, publicKey.export({ format: "der", type: "spki" }));
  return tlv(0x30, body, algorithm, tlv(0x03, Buffer.of(0), sign(digest, body, privateKey)));
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
}
