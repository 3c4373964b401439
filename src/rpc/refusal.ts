import type { SynapseError } from "../errors.ts";
import { responseError } from "./messages.ts";
import { MessagePackRPCSerializer } from "./serializer.ts";

const serializer = new MessagePackRPCSerializer();

/** The message that turns somebody away: as Python would read it, whichever serializer would have been spoken afterwards. */
export function encodeRefusal(error: SynapseError): Uint8Array {
  return serializer.encode(responseError("", error));
}
