import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { type NodeId, sameId } from "../../routing/index.ts";
import { parseAddress } from "../address.ts";
import { RecentMap } from "../recent-map.ts";
import { peerIdOf } from "./tls.ts";

/** Addresses whose last session is remembered unless told otherwise; the one used longest ago is forgotten first. */
const MAX_SESSIONS = 512;

export interface TlsSession {
  readonly ticket: Buffer;
  /** Who had proved its id when the session began. Nobody else can resume it. */
  readonly peerId: NodeId;
}

/**
 * TLS sessions of earlier links, by address. One that is resumed (RFC 8446, section 2.2) costs neither side a signature: who knows the
 * session's secret is the one with whom it was agreed. A ticket is bytes of the other side's choice, sent in the clear before anything is
 * proved: of hosts with a name none is kept, since the name may lead by then to somebody else, who takes the bytes for his own protocol's.
 */
export class TlsSessions {
  private readonly byAddress: RecentMap<TlsSession>;

  constructor(max = MAX_SESSIONS) {
    this.byAddress = new RecentMap(max);
  }

  /** The session to offer at an address, if the one who is wanted there gave it. */
  at(address: string, expectedId: NodeId | undefined): TlsSession | undefined {
    const session = this.byAddress.get(address);
    const isWanted = session !== undefined && (expectedId === undefined || sameId(session.peerId, expectedId));
    return isWanted ? session : undefined;
  }

  /**
   * The id that the other side has proved, now or when the session that was resumed began.
   * @throws SynapseError `not_synapse`.
   */
  peerIdOf(address: string, socket: TLSSocket, offered: TlsSession | undefined): NodeId {
    const isResumed = offered !== undefined && socket.isSessionReused();
    const peerId = isResumed ? offered.peerId : peerIdOf(socket);
    // Tickets come after the handshake, one by one.
    if (isIP(parseAddress(address).host) !== 0) socket.on("session", (ticket) => this.byAddress.set(address, { ticket, peerId }));
    return peerId;
  }
}
