import { sha256 } from "@noble/hashes/sha2.js";
import type { NodeId } from "../../routing/index.ts";
import { type Identity, nodeIdOf, verifyEd25519 } from "../identity.ts";

/**
 * Proof that a node is at an address, for a third of what a TLS handshake costs. Whoever wants it dials the address in the clear and sends
 * a nonce and a claim; a node that claims the same of itself signs both and closes. The claim is a hash: nobody who does not know the node
 * learns from it who is there, and nothing that a stranger has chosen is sent on or signed. One who passes the question on to the true node
 * gets no answer from it: that names other addresses. TLS, where it has to do instead, can be passed on: see docs/protocol.md.
 */

/** First byte of a connection that asks for a proof; plain frames begin with 0x00, TLS with 0x16. */
export const PROOF_REQUEST = 0x01;
export const NONCE_BYTES = 32;
const CLAIM_BYTES = 32;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
export const REQUEST_BYTES = 1 + NONCE_BYTES + CLAIM_BYTES;
export const PROOF_BYTES = KEY_BYTES + SIGNATURE_BYTES;

const CLAIM_CONTEXT = "synapse address claim v1\0";
/** A node signs other things with the same key: none of them begins so. */
const PROOF_CONTEXT = Buffer.from("synapse address proof v1\0");

export interface ProofRequest {
  readonly nonce: Uint8Array;
  readonly claim: Uint8Array;
}

/** That the node of an id, in a swarm, is at an address. */
export function claimOf(id: NodeId, swarm: string, address: string): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(CLAIM_CONTEXT), id, Buffer.from(`${swarm}\0${address}`)]));
}

export function encodeProofRequest({ nonce, claim }: ProofRequest): Uint8Array {
  return Buffer.concat([Uint8Array.of(PROOF_REQUEST), nonce, claim]);
}

/** Undefined for what is none. */
export function readProofRequest(bytes: Uint8Array): ProofRequest | undefined {
  if (bytes.length !== REQUEST_BYTES || bytes[0] !== PROOF_REQUEST) return undefined;
  return { nonce: bytes.subarray(1, 1 + NONCE_BYTES), claim: bytes.subarray(1 + NONCE_BYTES) };
}

/** What a node answers that claims the same of itself. */
export function signProof(identity: Identity, request: ProofRequest): Uint8Array {
  return Buffer.concat([identity.publicKey, identity.sign(signedPart(request))]);
}

/** Whether an answer to a request comes from the node that it should come from. */
export function isProof(answer: Uint8Array, request: ProofRequest, expectedId: NodeId): boolean {
  if (answer.length !== PROOF_BYTES) return false;
  const publicKey = answer.subarray(0, KEY_BYTES);
  if (Buffer.compare(nodeIdOf(publicKey), expectedId) !== 0) return false;
  return verifyEd25519(publicKey, signedPart(request), answer.subarray(KEY_BYTES));
}

function signedPart({ nonce, claim }: ProofRequest): Uint8Array {
  return Buffer.concat([PROOF_CONTEXT, nonce, claim]);
}
