import type { IncomingCalls } from "./incoming-calls.ts";
import { badRequest, creditIn, idText, parseRequest, parseResponse, type RPCRequest, valuesIn } from "./messages.ts";
import type { OutgoingCalls } from "./outgoing-calls.ts";

/** Hands each message of a link to the calls it belongs to. */
export class MessageRouter {
  private readonly incoming: IncomingCalls;
  private readonly outgoing: OutgoingCalls;
  private readonly serve: (request: RPCRequest) => void;
  private readonly onGoaway: () => void;

  constructor(incoming: IncomingCalls, outgoing: OutgoingCalls, serve: (request: RPCRequest) => void, onGoaway: () => void) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.serve = serve;
    this.onGoaway = onGoaway;
  }

  /** In the plain dialect the dialler asks and the other answers. @throws SynapseError `bad_request`. */
  plain(map: Record<string, unknown>, dialled: boolean): void {
    if (!dialled) this.serve(parseRequest(map, "plain"));
    else if (map["type"] === "response") this.outgoing.settle(parseResponse(map));
    else throw badRequest("expected response message");
  }

  /** @throws SynapseError `bad_request`. */
  secure(map: Record<string, unknown>, bytes: number): void {
    const type = map["type"] ?? "request";
    if (type === "request") this.serve(parseRequest(map, "secure"));
    else if (type === "response") this.outgoing.settle(parseResponse(map));
    else if (type === "goaway") this.onGoaway();
    else this.ofOneCall(type, map, bytes);
  }

  private ofOneCall(type: unknown, map: Record<string, unknown>, bytes: number): void {
    const id = idText(map["id"]);
    // The caller's own stream runs towards the callee, its credit the other way.
    const [readers, writers] = map["input"] === true ? [this.incoming, this.outgoing] : [this.outgoing, this.incoming];
    if (type === "item") readers.onItem(id, map["value"], bytes);
    else if (type === "items") {
      const values = valuesIn(map);
      for (const value of values) readers.onItem(id, value, bytes / values.length);
    } else if (type === "end") readers.onEnd(id);
    else if (type === "credit") writers.onCredit(id, creditIn(map));
    else if (type === "cancel") this.incoming.cancel(id);
    else throw badRequest("expected request message");
  }
}
