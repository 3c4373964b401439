import { type Failed, failed, type OverlayRequest, type OverlayResponse, type Peers } from "../dht/index.ts";
import { type Contact, makeContact, sameId, shortId } from "../routing/index.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { asSynapseError, SynapseError } from "./errors.ts";
import { decodeResponse, encodeRequest } from "./overlay-wire.ts";
import type { Connection } from "./rpc/connection.ts";
import type { RpcCore } from "./rpc/core.ts";

/** The overlay's way to other nodes: its requests become RPC over pooled links. */
export class OverlayPeers implements Peers {
  private readonly core: RpcCore;

  constructor(core: RpcCore) {
    this.core = core;
  }

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: (outcome: OverlayResponse | Failed) => void): void {
    this.ask(to, request, timeoutMs, false).then(done, (error: unknown) => done(failureOf(error)));
  }

  verify(contact: Contact, timeoutMs: number, done: (outcome: "alive" | Failed) => void): void {
    this.ask(contact, { kind: "ping" }, timeoutMs, true).then(
      () => done("alive"),
      (error: unknown) => done(failureOf(error)),
    );
  }

  contactAt(address: string, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    this.meet(address, timeoutMs).then(done, (error: unknown) => done(failureOf(error)));
  }

  private async ask(to: Contact, request: OverlayRequest, timeoutMs: number, dialledOnly: boolean): Promise<OverlayResponse> {
    const { runtime, pool } = this.core;
    const startedAt = runtime.now();
    const connection = await pool.connect(to, { timeoutMs, dialledOnly });
    const { endpoint, args, kwargs } = encodeRequest(request);
    const left = Math.max(1, timeoutMs - (runtime.now() - startedAt));
    const result = await connection.call(endpoint, args, kwargs, { timeoutMs: left });
    try {
      return decodeResponse(request.kind, result);
    } catch (error) {
      throw new SynapseError("bad_answer", asSynapseError(error).message, { peer: to.key });
    }
  }

  private async meet(text: string, timeoutMs: number): Promise<Contact> {
    const address = formatAddress(parseAddress(text));
    const connection = await this.core.pool.connectAddress(address, { timeoutMs });
    return this.contactOf(connection, address);
  }

  /** The address that worked comes first: what a node calls itself may not be how it is reached from here. */
  private contactOf(connection: Connection, dialled: string): Contact {
    const { peerId } = connection.link;
    if (peerId === undefined) throw new SynapseError("not_synapse", `${dialled} has proved no id`);
    if (sameId(peerId, this.core.identity.nodeId))
      throw new SynapseError("wrong_peer", `${dialled} is this node itself (${shortId(peerId)})`);
    const claimed = connection.peerContact;
    if (claimed === undefined)
      throw new SynapseError("wrong_peer", `the node at ${dialled} is not a member of a swarm, it only calls or serves endpoints`);
    const others = claimed.addresses.filter((address) => address !== dialled);
    return makeContact(peerId, claimed.addresses.includes(dialled) ? [dialled, ...others] : [...others, dialled]);
  }
}

function failureOf(thrown: unknown): Failed {
  const error = asSynapseError(thrown);
  if (error.remote) return failed("refused", error.message);
  if (error.code === "timed_out") return failed("timeout", error.message);
  if (error.code === "bad_answer") return failed("invalid", error.message);
  return failed("unreachable", error.message);
}
