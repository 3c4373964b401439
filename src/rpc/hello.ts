import { peerAddress } from "../address.ts";
import { messageOf, SynapseError } from "../errors.ts";
import type { Hello } from "./messages.ts";

export const HELLO_VERSION = 2;
/** Longest first message on a secure link: one who has said nothing yet is to make this process hold little. */
export const MAX_HELLO_BYTES = 16 * 1024;
const MAX_LISTEN = 4;
const MAX_FEATURES = 32;
const MAX_TEXT = 255;

/**
 * Reads the first message of a secure link.
 * @throws SynapseError `bad_hello`.
 */
export function parseHello(map: Record<string, unknown>): Hello {
  const { type, version, swarm, listen, features, software, observed } = map;
  if (type !== "hello") throw badHello("the first message on a link must be hello");
  if (version !== HELLO_VERSION) throw badHello(`version ${String(version).slice(0, 20)} is not spoken here, ${HELLO_VERSION} is`);
  if (!isText(swarm)) throw badHello("swarm must be text");
  if (!isTexts(listen, MAX_LISTEN)) throw badHello(`listen must be at most ${MAX_LISTEN} addresses`);
  if (!isTexts(features, MAX_FEATURES)) throw badHello(`features must be at most ${MAX_FEATURES} texts`);
  const addresses = new Set(listen.map(addressOf).filter((address) => address !== undefined)); // each is dialled: once
  if (!isText(software) || !isText(observed)) throw badHello("software and observed must be text");
  return { type, version, swarm, listen: [...addresses], features, software, observed };
}

/** What others will be told, so it must be one that can be dialled. Schemes that are not spoken here are passed over. */
function addressOf(text: string): string | undefined {
  try {
    return peerAddress(text);
  } catch (error) {
    throw badHello(`listen: ${messageOf(error)}`, "the other node must announce addresses of the form HOST:PORT");
  }
}

/** Refuses a peer of another swarm. A caller of no swarm (`""`: a client that only calls endpoints) is nobody's enemy. */
export function checkSwarm(own: string, theirs: string): void {
  if (own === theirs || own === "" || theirs === "") return;
  throw new SynapseError("wrong_swarm", `the other node is in swarm ${JSON.stringify(theirs)}, this one in ${JSON.stringify(own)}`, {
    hint: `give both the same swarm, such as --swarm ${theirs}`,
  });
}

function badHello(message: string, hint = "run the same version of Synapse on both sides"): SynapseError {
  return new SynapseError("bad_hello", message, { hint });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT;
}

function isTexts(value: unknown, most: number): value is string[] {
  return Array.isArray(value) && value.length <= most && value.every(isText);
}
