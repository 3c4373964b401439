import {
  type Failed,
  failed,
  type Heard,
  type OnOutcome,
  type OnProved,
  type OverlayRequest,
  type OverlayResponse,
  type Peers,
} from "../dht/index.ts";
import { type Contact, sameId, shortId } from "../routing/index.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { AddressCheck } from "./address-check.ts";
import { asSynapseError, SynapseError } from "./errors.ts";
import { isOutside, namedIn, outsideOnly } from "./hearsay.ts";
import { decodeResponse, encodeRequest } from "./overlay-wire.ts";
import { callOver } from "./rpc/call-over.ts";
import type { Connection } from "./rpc/connection.ts";
import type { RpcCore } from "./rpc/core.ts";
import { Deadline } from "./rpc/deadline.ts";

interface Asked {
  readonly response: OverlayResponse;
  readonly connection: Connection;
}

/** The overlay's way to other nodes: its requests become RPC over pooled links. */
export class OverlayPeers implements Peers {
  private readonly core: RpcCore;
  private readonly check: AddressCheck;

  constructor(core: RpcCore) {
    this.core = core;
    this.check = new AddressCheck(core);
  }

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    const asked = this.ask(to, request, timeoutMs, false).catch((error: unknown) => {
      const simpler = withoutFilter(request, error);
      if (simpler === undefined) throw error;
      return this.ask(to, simpler, timeoutMs, false);
    });
    asked.then(
      ({ response, connection }) => done(response, isWhereItSays(connection) ? connection.reached : undefined),
      (error: unknown) => done(failureOf(error)),
    );
  }

  isLinked({ key }: Contact): boolean {
    return this.core.pool.peek(key) !== undefined;
  }

  verify(contact: Contact, timeoutMs: number, done: OnProved): void {
    this.prove(contact, new Deadline(this.core.runtime, timeoutMs)).then(
      ({ outcome, heard }) => done(outcome, heard),
      (error: unknown) => done(failureOf(error), "dialled"),
    );
  }

  contactAt(address: string, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    this.meet(address, timeoutMs).then(done, (error: unknown) => done(failureOf(error)));
  }

  private async prove(contact: Contact, deadline: Deadline): Promise<{ outcome: Contact | Failed; heard: Heard }> {
    const { pool } = this.core;
    const isKept = pool.hasDialled(contact.key);
    const proved = isKept ? undefined : await this.check.proved(contact, deadline.leftMs);
    if (proved !== undefined) return { outcome: proved, heard: "proved" };
    const { connection } = await this.ask(contact, { kind: "ping" }, deadline.leftMs, true);
    const elsewhere = isWhereItSays(connection) ? undefined : await this.provedElsewhere(connection, deadline);
    if (elsewhere !== undefined) connection.closeWhenIdle();
    else if (!isKept) pool.closeSurplus(connection); // the address is proved, and whoever is dialled back has a link to us
    return { outcome: elsewhere ?? this.contactOf(connection), heard: isKept ? "linked" : "dialled" };
  }

  /** Where a node is that was reached at an address which it does not name. Undefined: it proves to be at none that it names either. */
  private async provedElsewhere({ peerContact }: Connection, deadline: Deadline): Promise<Contact | undefined> {
    return peerContact && (await this.check.proved(peerContact, deadline.leftMs).catch(() => undefined));
  }

  private async ask(to: Contact, request: OverlayRequest, timeoutMs: number, dialledOnly: boolean): Promise<Asked> {
    const { runtime, pool } = this.core;
    const deadline = new Deadline(runtime, timeoutMs);
    const connect = () => pool.connect(to, { timeoutMs, deadline, dialledOnly });
    const call = encodeRequest(await this.understoodBy(to, request));
    const { result, connection } = await callOver({ runtime, connect, request: call, options: { timeoutMs }, deadline });
    try {
      return { response: this.credible(decodeResponse(request.kind, result), connection), connection };
    } catch (error) {
      throw new SynapseError("bad_answer", asSynapseError(error).message, { peer: to.key });
    }
  }

  /** Whoever is out on the internet names nobody in the private network of this machine. */
  private credible(response: OverlayResponse, { link }: Connection): OverlayResponse {
    if (isOutside(link)) return outsideOnly(response);
    for (const { addresses } of namedIn(response)) this.core.homeNames.note(addresses);
    return response;
  }

  /** Only those who say that they can are asked to pass a request on: others would refuse it for an argument that they do not know. */
  private async understoodBy(to: Contact, request: OverlayRequest): Promise<OverlayRequest> {
    if (request.kind !== "find_records" || !request.relay) return request;
    const hello = await this.core.pool.peek(to.key)?.ready;
    if (hello?.features.includes("relay")) return request;
    const { relay, ...plain } = request;
    return plain;
  }

  private async meet(text: string, timeoutMs: number): Promise<Contact | Failed> {
    const address = formatAddress(parseAddress(text));
    return this.contactOf(await this.core.pool.connectAddress(address, { timeoutMs }));
  }

  private contactOf({ link, reached }: Connection): Contact | Failed {
    const { peerId, remoteAddress } = link;
    if (peerId !== undefined && sameId(peerId, this.core.identity.nodeId))
      return failed("unreachable", `${remoteAddress} is this node itself (${shortId(peerId)})`);
    return reached ?? failed("unreachable", `the node at ${remoteAddress} is not a member of a swarm, it only calls or serves endpoints`);
  }
}

/**
 * Whether a node names the address that led to it, or none that could be tried instead. Whoever listens at any other may pass the handshake
 * on to it, and would be in the way of all that is said to it. See docs/protocol.md, "Proof of address".
 */
function isWhereItSays({ link, peerContact }: Connection): boolean {
  return peerContact === undefined || peerContact.addresses.includes(link.remoteAddress);
}

/** What to ask a holder of an older version, which refuses the argument `where`; it gives everything, which is sorted out here. */
function withoutFilter(request: OverlayRequest, error: unknown): OverlayRequest | undefined {
  if (request.kind !== "find_records" || request.where === undefined) return undefined;
  const isUnknown = error instanceof SynapseError && error.remote && error.message.includes("unexpected argument 'where'");
  const { where: _, ...simpler } = request;
  return isUnknown ? simpler : undefined;
}

function failureOf(thrown: unknown): Failed {
  const error = asSynapseError(thrown);
  if (error.code === "wrong_swarm") return { ...failed("unreachable", error.message), foreign: error };
  if (error.remote) return { ...failed("refused", error.message), isBusy: error.code === "busy" };
  if (error.code === "timed_out") return failed("timeout", error.message);
  if (error.code === "bad_answer") return failed("invalid", error.message);
  return failed("unreachable", error.message);
}
