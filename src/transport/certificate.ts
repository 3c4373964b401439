import { createPublicKey, type KeyObject, sign } from "node:crypto";

/**
 * A TLS certificate is here only an envelope for a public key: nobody checks its names or dates, since the node id is the hash of the
 * key itself and the handshake proves possession of it. Node can read certificates but not write them, so the eight fields that X.509
 * asks for (RFC 5280, section 4.1) are written out here.
 */
export function selfSignedCertificate(privateKey: KeyObject): string {
  const body = der(
    SEQUENCE,
    der(EXPLICIT_0, der(INTEGER, Buffer.from([2]))), // version 3
    der(INTEGER, Buffer.from([1])), // serial number
    ED25519,
    NAME, // issuer
    der(SEQUENCE, der(UTC_TIME, Buffer.from("200101000000Z")), der(GENERALIZED_TIME, Buffer.from("99991231235959Z"))), // no end, RFC 5280 4.1.2.5
    NAME, // subject
    createPublicKey(privateKey).export({ format: "der", type: "spki" }),
  );
  const signature = sign(null, body, privateKey);
  const certificate = der(SEQUENCE, body, ED25519, der(BIT_STRING, Buffer.from([0]), signature));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const EXPLICIT_0 = 0xa0;

/** 1.3.101.112 (RFC 8410). */
const ED25519 = der(SEQUENCE, der(OBJECT_ID, Buffer.from([0x2b, 0x65, 0x70])));
/** CN=synapse */
const NAME = der(
  SEQUENCE,
  der(SET, der(SEQUENCE, der(OBJECT_ID, Buffer.from([0x55, 0x04, 0x03])), der(UTF8_STRING, Buffer.from("synapse")))),
);

/** One tag-length-value of DER; contents here never reach 64 KiB. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}
