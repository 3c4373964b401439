import type { SynapseError } from "../errors.ts";
import type { Arrival } from "./inbox.ts";
import type { IncomingCalls } from "./incoming-calls.ts";
import { badRequest, creditIn, idText, parseRequest, parseResponse, type RPCRequest, valuesIn } from "./messages.ts";
import type { Subject } from "./msgpack-peek.ts";
import type { OutgoingCalls } from "./outgoing-calls.ts";

/** Those to whom the messages of a link belong. */
export interface Parties {
  readonly incoming: IncomingCalls;
  readonly outgoing: OutgoingCalls;
  /** The other side calls. @param cost what its arguments take here, bytes; see {@link costOf}. */
  serve(request: RPCRequest, cost: number): void;
  /** The other side leaves. */
  onGoaway(): void;
}

/** Hands on a message of the plain dialect, where the dialler asks and the other answers. @throws SynapseError `bad_request`. */
export function routePlain({ map, cost }: Arrival, dialled: boolean, parties: Parties): void {
  if (!dialled) parties.serve(parseRequest(map, "plain"), cost);
  else if (map["type"] === "response") parties.outgoing.settle(parseResponse(map));
  else throw badRequest("expected response message");
}

/** Hands on a message of the secure dialect. @throws SynapseError `bad_request`. */
export function routeSecure({ map, cost }: Arrival, parties: Parties): void {
  const type = map["type"] ?? "request";
  if (type === "request") parties.serve(parseRequest(map, "secure"), cost);
  else if (type === "response") parties.outgoing.settle(parseResponse(map));
  else if (type === "goaway") parties.onGoaway();
  else routeToCall(type, map, cost, parties);
}

/** Tells whoever waits for a message that it could not be understood. False when nobody is known to. */
export function routeFault(subject: Subject | undefined, error: SynapseError, { incoming, outgoing }: Parties): boolean {
  if (subject === undefined) return false;
  const { type, id, isInput } = subject;
  if (isInput && STREAMED.has(type)) return incoming.fault(id, error);
  if (type === "response" || STREAMED.has(type)) return outgoing.fault(id, error);
  if (type !== "request") return false;
  incoming.refuse(id, error);
  return true;
}

const STREAMED: ReadonlySet<string> = new Set(["item", "items", "end"]);

function routeToCall(type: unknown, map: Record<string, unknown>, cost: number, { incoming, outgoing }: Parties): void {
  const id = idText(map["id"]);
  // The caller's own stream runs towards the callee, its credit the other way.
  const isInput = map["input"] === true;
  const readers = isInput ? incoming : outgoing;
  const writers = isInput ? outgoing : incoming;
  if (type === "item") readers.onItem(id, map["value"], cost);
  else if (type === "items") {
    const values = valuesIn(map);
    for (const value of values) readers.onItem(id, value, cost / values.length);
  } else if (type === "end") readers.onEnd(id);
  else if (type === "credit") writers.onCredit(id, creditIn(map));
  else if (type === "cancel") incoming.cancel(id);
  else throw badRequest("expected request message");
}
