import { type Contact, K, type NodeId } from "../routing/index.ts";

/** Requests under way at once. Kademlia's α; see docs/lookups.md for the sweep by which this and the next three were chosen. */
export const ALPHA = 3;
/** Each that is late or fails makes one more, up to these: a network of which a part is gone takes more, one that is well takes no more. */
export const MOST_ALPHA = 8;
/** Once so many of the nearest have answered, hardly anybody nearer will be heard of: whoever else is among the k must be asked anyway. */
export const BETA = 1;
/** Requests under way at once from then on: they cost no request more, and save waiting for slots. */
export const CLOSING_ALPHA = 20;
/** Candidates up to so many times as far as the nearest are its equals: of these, whoever will answer soonest is asked first. */
export const NEAR_EQUALS = 2;
/** Of the part of the id space in which k nodes are to be expected: whoever is within it is probably one of the k, and as good as any. */
export const EQUAL_PART = 1 / 4;
/** A walk for records asks so many of those it begins with to pass the request on: what comes back saves a dial to a stranger. */
export const RELAYS = 3;
/** Candidates kept beyond those already asked. Farther ones are dropped: they could matter only if nearly all nearer ones failed. */
export const MAX_CANDIDATES = 8 * K;
/** Peers asked in one lookup at most, whatever they answer. A lookup among honest nodes needs about 25. */
export const MAX_REQUESTS = 160;
/** Of these, peers to whom a link has to be dialled: three times as dear, and whoever names strangers chooses whom they are dialled at. */
export const MAX_DIALS = 96;
export interface LookupOptions {
  readonly target: NodeId;
  /** The own id: never a candidate. */
  readonly self: NodeId;
  readonly seeds: readonly Contact[];
  /** How many of the nearest must have answered. */
  readonly k?: number;
  readonly alpha?: number;
  /** The same where many are late or fail: each makes one more. Default: none does. */
  readonly mostAlpha?: number;
  readonly beta?: number;
  readonly closingAlpha?: number;
  readonly nearEquals?: number;
  /**
   * Candidates within this part of the id space (0 … 1) around the target are equals, too: those sought are, all of which will be asked.
   * Default 0.
   */
  readonly equalWithin?: number;
  /** Milliseconds that a contact will probably take to answer. Default: all alike. */
  readonly expectedMs?: (contact: Contact) => number;
  /** Whether a contact has an open link. Default: all have. */
  readonly isLinked?: (contact: Contact) => boolean;
  /** Whether a contact was asked in vain not long ago: it is then asked only if there are not enough others. Default: nobody was. */
  readonly isAbsent?: (contact: Contact) => boolean;
  /**
   * What another path of the same walk has made of a contact: asked it, or asked it in vain. Undefined: nothing, and it is this one's from
   * now on. Default: there is no other.
   */
  readonly takenAs?: (contact: Contact) => "taken" | "failed" | undefined;
  /** Gives a contact at the addresses where it is to be asked first. Default: those under which it was named. */
  readonly asKnown?: (contact: Contact) => Contact;
}
