import type { NodeId, SynapseError } from "../../routing/index.ts";

/** `plain`: the seed's protocol, of nobody in particular. `secure`: TLS 1.3 between two proven ids. */
export type Dialect = "plain" | "secure";

/**
 * A link carries whole messages both ways, in order, until it closes. It knows who is at the other end.
 * Real links are sockets (`tcp.ts`); simulated ones live in `simulations/engine`.
 */
export interface Link {
  readonly dialect: Dialect;
  /** The id that the other end has proved; undefined in the plain dialect. */
  readonly peerId: NodeId | undefined;
  /** Where the other end appears to be, as an address URI. */
  readonly remoteAddress: string;
  /** The host that it has turned out to be, where that address gives a name. Left out where it gives the host itself. */
  readonly remoteHost?: string | undefined;
  /** True when this side dialled. */
  readonly dialled: boolean;
  /** Bytes sent that have not left yet. */
  readonly bufferedBytes: number;
  /** Begins to deliver. Called once; nothing is delivered before. */
  open(receiver: LinkReceiver): void;
  /**
   * Takes no message longer than this from here on; none longer than is configured, when called without. Left out where messages cannot
   * come in part.
   */
  limitFrames?(most?: number): void;
  /** Queues one message; its bytes are the caller's again when this returns. Ignored once the link is closed. */
  send(message: Uint8Array): void;
  /** Resolves when so much of what was sent has left that more may follow; undefined when that is so now. */
  room(): Promise<void> | undefined;
  /** Closes when everything queued has left. */
  close(): void;
  /** Closes now. */
  destroy(): void;
}

/** Room for what others make this process hold. */
export interface Allowance {
  /** @throws OverLimit when there is no room. */
  take(bytes: number): void;
  giveBack(bytes: number): void;
}

export interface LinkReceiver {
  onMessage(message: Uint8Array): void;
  /** The other end broke the framing: nothing more will be read. A last message may be sent before closing. */
  onFault(error: SynapseError): void;
  /** The other end will send no more, but still reads. */
  onEnd(): void;
  /** The link is gone. Called once. */
  onClose(error: SynapseError | undefined): void;
}

/**
 * Who has named an address. `user`: whoever runs this process. The others are peers: `home`, one in this machine's private network, or one
 * that has been reached there; `outside`, anybody else, whose names must lead to the internet.
 */
export type Provenance = "user" | "home" | "outside";

export interface DialOptions {
  readonly dialect: Dialect;
  /** Refuses anybody else who answers. Secure dialect only. */
  readonly expectedId?: NodeId | undefined;
  /** Default `user`. */
  readonly namedBy?: Provenance;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ProveOptions {
  /** Who should be there. */
  readonly expectedId: NodeId;
  /** Default `user`. */
  readonly namedBy?: Provenance;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a node says of itself. */
export interface SelfDescription {
  readonly swarm: string;
  /** Where it can be dialled, as addresses in canonical form. */
  readonly listen: readonly string[];
}

export interface Listener {
  /** Addresses at which others can dial this node. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Takes no further links from now on. Those that are there stay. */
  stopAccepting(): void;
  /** Ends all links, and resolves when they have ended and the port is free. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface Transport {
  /** @throws SynapseError `unreachable`, `wrong_peer`, `not_synapse`, `aborted`. */
  dial(address: string, options: DialOptions): Promise<Link>;
  /**
   * Has the node that should be at an address prove that it is, without a link to it. Left out by transports to which links cost nothing.
   * @throws SynapseError `unreachable`, `aborted`; `not_synapse` where no proof is given, which may be for want of time.
   */
  prove?(address: string, options: ProveOptions): Promise<void>;
  listen(options: ListenOptions, onLink: (link: Link) => void): Promise<Listener>;
}

/** Makes the message that tells somebody why it is turned away. The transport knows how to send messages, not what stands in them. */
export type EncodeRefusal = (error: SynapseError) => Uint8Array;
