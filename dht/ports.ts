import type { Contact, NodeId, SynapseError } from "../routing/index.ts";
import type { OverlayRequest, OverlayResponse } from "./messages.ts";

/** A task that will run later. */
export interface Timer {
  /** Forgets the task; does nothing once it has run. */
  cancel(): void;
}

/** Time and chance, as the world gives them. The overlay has no other source of either, so a simulation can replay it. */
export interface Runtime {
  /** Milliseconds on a clock that never goes back; its origin means nothing. For measuring and scheduling. */
  now(): number;
  /** Milliseconds since 1970 UTC, as this host believes. For what other hosts will compare: issue and expiry of records. */
  wallClock(): number;
  /** Runs `task` once, at least `delayMs` from now, never before this call returns. */
  schedule(delayMs: number, task: () => void): Timer;
  /** A number in [0, 1). For choices that an attacker gains nothing by guessing. */
  random(): number;
  /** Bytes that cannot be guessed. */
  randomBytes(length: number): Uint8Array;
}

/** Why a peer gave no answer. */
export type PeerFailure =
  /** No link could be made: nobody listens there, or somebody else does. */
  | "unreachable"
  /** Nothing came within the time given. */
  | "timeout"
  /** It answered with an error. */
  | "refused"
  /** It answered something that is not an answer to what was asked. */
  | "invalid";

export interface Failed {
  readonly kind: "failed";
  readonly reason: PeerFailure;
  /** For people. */
  readonly message: string;
  /** It is there, and takes nobody in just now: later it may. */
  readonly isBusy?: boolean;
  /** It is in another swarm, and will be: the error that says in which. */
  readonly foreign?: SynapseError;
}

/**
 * Takes what came of a request. `reached` is who answered, as far as the link proves it: the address that was dialled from here first,
 * then those that the peer names itself. It is undefined when the peer dialled the link: then nothing shows which addresses lead to it.
 */
export type OnOutcome = (outcome: OverlayResponse | Failed, reached?: Contact) => void;

/**
 * How an answer came about, and so how many round trips it took: over a link that was there one, by a proof of address two, over a new link
 * three.
 */
export type Heard = "linked" | "proved" | "dialled";

/** Takes a contact that has proved where it is, and how that came about. */
export type OnProved = (outcome: Contact | Failed, heard: Heard) => void;

/** Asks other nodes. `done` is called exactly once, never before the call returns. */
export interface Peers {
  /** Asks a contact over whichever link is open to it, or a new one. */
  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void;
  /** Whether a request to a contact would find a link open, whoever dialled it, and take one round trip instead of three. */
  isLinked(contact: Contact): boolean;
  /**
   * Has a contact prove that it is where it says, at an address dialled from here, and gives it with that address first, as in
   * {@link OnOutcome}. It need not learn who asks, and no link need be left.
   */
  verify(contact: Contact, timeoutMs: number, done: OnProved): void;
  /** Who listens at an address: dials it, lets it prove its id, and gives the contact as that link proves it. */
  contactAt(address: string, timeoutMs: number, done: (outcome: Contact | Failed) => void): void;
}

/** Who sent a request, as far as its link proves it. */
export interface Caller {
  /** The id that the link proved; undefined in the plain dialect. */
  readonly id: NodeId | undefined;
  /** The contact it would have others use: present when it says it can be dialled. A claim until verified. */
  readonly claimed: Contact | undefined;
  /** The host its link comes from, for limits by host; undefined for this machine and its private network, where none applies. */
  readonly host?: string | undefined;
}

/** Signs in the name of this node. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** Checks an Ed25519 signature (RFC 8032). */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** The same way to others, with requests going another way. What is handed on need know nothing of those that have no part in it. */
export function withRequest(peers: Peers, request: Peers["request"]): Peers {
  return {
    request,
    isLinked: (contact) => peers.isLinked(contact),
    verify: (contact, timeoutMs, done) => peers.verify(contact, timeoutMs, done),
    contactAt: (address, timeoutMs, done) => peers.contactAt(address, timeoutMs, done),
  };
}

export function failed(reason: PeerFailure, message: string): Failed {
  return { kind: "failed", reason, message };
}
