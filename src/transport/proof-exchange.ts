import type { Socket } from "node:net";
import type { NodeId } from "../../routing/index.ts";
import { SynapseError } from "../errors.ts";
import { encodeProofRequest, isProof, PROOF_BYTES, type ProofRequest, REQUEST_BYTES, readProofRequest } from "./address-proof.ts";

const NOTHING: Buffer = Buffer.alloc(0);

/** Makes the answer to a request; undefined where it is given none. */
export type AnswerProof = (request: ProofRequest) => Uint8Array | undefined;

/**
 * Answers one request for a proof on a new socket that has begun like one, and lets it end. Whoever asks for what is not so, or says
 * anything else, is cut off without a word. The caller ends it that takes too long.
 */
export function answerProof(socket: Socket, first: Buffer, answer: AnswerProof): void {
  gather(socket, first, REQUEST_BYTES, (bytes) => {
    const request = bytes && readProofRequest(bytes);
    const proof = request && answer(request);
    if (proof === undefined) socket.destroy();
    else socket.end(proof);
  });
}

/**
 * Asks the other end of a new socket for a proof: whether it gives one before it closes, or breaks off.
 * @throws SynapseError with which the socket was destroyed here.
 */
export function askForProof(socket: Socket, request: ProofRequest, expectedId: NodeId): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.on("error", (error) => (error instanceof SynapseError ? reject(error) : resolve(false)));
    socket.once("close", () => resolve(false));
    gather(socket, NOTHING, PROOF_BYTES, (bytes) => resolve(bytes !== undefined && isProof(bytes, request, expectedId)));
    socket.write(encodeProofRequest(request));
  });
}

/** Reads a known number of bytes from a socket and no more. Undefined when more come, or it ends before. @param first what has come. */
function gather(socket: Socket, first: Buffer, wanted: number, onDone: (bytes: Uint8Array | undefined) => void): void {
  let chunks = NOTHING; // less than what is wanted, and one chunk
  const finish = (bytes: Uint8Array | undefined) => {
    socket.off("data", onData);
    socket.off("end", onEnd);
    onDone(bytes);
  };
  const onEnd = () => finish(undefined);
  const onData = (chunk: Buffer) => {
    chunks = chunks.length === 0 ? chunk : Buffer.concat([chunks, chunk]);
    if (chunks.length >= wanted) finish(chunks.length === wanted ? chunks : undefined);
  };
  socket.on("data", onData);
  socket.once("end", onEnd);
  if (first.length > 0) onData(first);
}
