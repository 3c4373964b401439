import { type Contact, compareDistance, headOf, K, type NodeId, sameAddresses, sameId } from "../routing/index.ts";

/** Requests under way at once. Kademlia's α; see docs/lookups.md for the sweep by which this and the next three were chosen. */
export const ALPHA = 6;
/** The same of a walk for records until the first answer: nearly always one of these, or whom they ask, has what is looked for. */
export const OPENING_ALPHA = 3;
/** Once so many of the nearest have answered, hardly anybody nearer will be heard of: whoever else is among the k must be asked anyway. */
export const BETA = 1;
/** Requests under way at once from then on: they cost no request more, and save waiting for slots. */
export const CLOSING_ALPHA = 20;
/** Candidates up to so many times as far as the nearest are its equals: of these, whoever will answer soonest is asked first. */
export const NEAR_EQUALS = 2;
/** A walk for records asks so many of those it begins with to pass the request on: what comes back saves a dial to a stranger. */
export const RELAYS = 3;
/** Candidates kept beyond those already asked. Farther ones are dropped: they could matter only if nearly all nearer ones failed. */
const MAX_CANDIDATES = 8 * K;
/** Peers asked in one lookup at most, whatever they answer. A lookup among honest nodes needs about 25. */
export const MAX_REQUESTS = 160;
/** Of these, peers to whom a link has to be dialled: three times as dear, and whoever names strangers chooses whom they are dialled at. */
export const MAX_DIALS = 96;
/** Other addresses at which a candidate is tried that was not reached at the first: whoever names wrong ones must not hide it. */
const MAX_ELSEWHERE = 3;

/**
 * `fresh`: heard of, not asked. `asked`: a request is under way and holds one of the α slots. `late`: under way for longer than
 * expected; its slot is free and it holds no seat among the nearest, but its answer still counts. `answered`, `failed`: done. `taken`:
 * another path of the same walk asks it; it holds its seat here, unless that path is let down.
 */
type State = "fresh" | "asked" | "late" | "answered" | "failed" | "taken";

interface Candidate {
  contact: Contact;
  state: State;
  /** Requests on the shortest known path from this node to the candidate: 1 for those in its own table. */
  hop: number;
  /** The same id under other addresses, as others named it; at most MAX_ELSEWHERE over the whole lookup. */
  elsewhere?: Contact[];
  /** As it was asked in vain; at most one more than those. */
  tried?: Contact[];
  /** It counts as failed because it was asked in vain not long ago, by another lookup. */
  rests?: boolean;
  /** Milliseconds that it will probably take to answer; asked for when that first matters. */
  expectedMs?: number;
}

export interface LookupOptions {
  readonly target: NodeId;
  /** The own id: never a candidate. */
  readonly self: NodeId;
  readonly seeds: readonly Contact[];
  /** How many of the nearest must have answered. */
  readonly k?: number;
  readonly alpha?: number;
  /** Requests under way at once until the first answer. Default: as many as later. */
  readonly openingAlpha?: number;
  readonly beta?: number;
  readonly closingAlpha?: number;
  readonly nearEquals?: number;
  /** Milliseconds that a contact will probably take to answer. Default: all alike. */
  readonly expectedMs?: (contact: Contact) => number;
  /** Whether a contact has an open link. Default: all have. */
  readonly isLinked?: (contact: Contact) => boolean;
  /** Whether a contact was asked in vain not long ago: it is then asked only if there are not enough others. Default: nobody was. */
  readonly isAbsent?: (contact: Contact) => boolean;
  /**
   * What another path of the same walk has made of a contact: asked it, or asked it in vain. Undefined: nothing, and it is this one's from now
   * on. Default: there is no other.
   */
  readonly takenAs?: (contact: Contact) => "taken" | "failed" | undefined;
  /** Gives a contact at the addresses where it is to be asked first. Default: those under which it was named. */
  readonly asKnown?: (contact: Contact) => Contact;
}

/**
 * One iterative lookup (Kademlia, section 2.3) as a state machine: no I/O, no timers, no promises. Whoever drives it asks
 * {@link next} whom to ask, asks, and reports {@link answered}, {@link late} or {@link failed}. Slots are refilled one by one, never in
 * rounds; among candidates that are about as near, the quickest comes first. It has ended when the k nearest candidates that are not late or failed have all answered; where there are fewer than k of them,
 * when none is late either.
 *
 * Reports about contacts that are not candidates, or twice about the same, change nothing.
 */
export class Lookup {
  readonly target: NodeId;
  private readonly targetHead: number;
  private readonly self: NodeId;
  private readonly k: number;
  private readonly options: LookupOptions;
  /** Nearest first; at most the candidates asked (≤ MAX_REQUESTS) and MAX_CANDIDATES fresh ones. */
  private readonly candidates: Candidate[] = [];
  /** First 32 bits of their distances, in the same order: candidates are found and placed by these, almost without a look at them. */
  private readonly distances: number[] = [];
  private inFlight = 0;
  private asked = 0;
  private dials = 0;
  private resting = 0;
  private fresh = 0;
  private lates = 0;
  private answers = 0;

  constructor(options: LookupOptions) {
    this.target = options.target;
    this.targetHead = headOf(options.target);
    this.self = options.self;
    this.k = options.k ?? K;
    this.options = options;
    for (const contact of options.seeds) this.addCandidate(contact, 1);
  }

  /** How many have answered. */
  get answerCount(): number {
    return this.answers;
  }

  /** Requests made so far. */
  get requests(): number {
    return this.asked;
  }

  /** The next contact to ask, or undefined when none should be asked now: all slots are taken, or the lookup has ended. */
  next(): Contact | undefined {
    if (this.isSpent || this.inFlight >= this.slots) return undefined;
    const candidate = this.quickestFree() ?? this.wakeNearest();
    if (candidate === undefined) return undefined;
    if (candidate.tried === undefined) this.beginAt(candidate, this.asKnown(candidate.contact));
    candidate.state = "asked";
    this.fresh -= 1;
    this.inFlight += 1;
    this.asked += 1;
    if (this.options.isLinked?.(candidate.contact) === false) this.dials += 1;
    return candidate.contact;
  }

  /** True when nothing more is to be asked or awaited. */
  get finished(): boolean {
    return this.isIdle && (this.isSpent || this.answers >= this.k || !this.mayHope);
  }

  /** True when nobody who has a seat is to be asked or awaited. */
  get isIdle(): boolean {
    if (this.isSpent) return this.inFlight === 0;
    return this.firstWithin("asked") === undefined && this.firstWithin("fresh") === undefined;
  }

  /** Whether somebody is late or rests: worth waiting for where nobody else can take a seat, in a small network or one that is slow. */
  get mayHope(): boolean {
    return this.lates > 0 || this.resting > 0;
  }

  /**
   * True when the k nearest known have answered, none of the nearer ones being late. Where fewer than k are known, when all of them
   * have: what those who failed would have named, nobody knows.
   */
  get complete(): boolean {
    if (this.answers === 0 && this.options.takenAs === undefined) return this.candidates.length === 0;
    let seats = 0;
    let failures = 0;
    for (const candidate of this.candidates) {
      if (candidate.state === "failed") {
        failures += 1;
        continue;
      }
      if (candidate.state !== "answered" && candidate.state !== "taken") return false;
      seats += 1;
      if (seats === this.k) return true;
    }
    return failures === 0;
  }

  /** A contact answered and named others. `from` takes the place of what others said about it. */
  answered(from: Contact, contacts: readonly Contact[]): void {
    const candidate = this.settle(from, "answered");
    if (candidate === undefined) return;
    candidate.contact = from;
    for (const contact of contacts) this.addCandidate(contact, candidate.hop + 1);
  }

  /** A contact that has answered tells of others, a step behind those it knows itself. */
  heard(from: Contact, contacts: readonly Contact[]): void {
    const hop = this.hopOf(from) + 2;
    for (const contact of contacts) this.addCandidate(contact, hop);
  }

  /** A contact takes longer than expected: its slot is free for another. */
  late(contact: Contact): void {
    const candidate = this.candidateOf(contact);
    if (candidate?.state !== "asked") return;
    candidate.state = "late";
    this.inFlight -= 1;
    this.lates += 1;
  }

  /** A contact will not answer. Where others have named it under other addresses, those are tried next. */
  failed(contact: Contact): void {
    const candidate = this.settle(contact, "failed");
    if (candidate === undefined) return;
    candidate.tried = [...(candidate.tried ?? []), candidate.contact];
    this.moveOn(candidate);
  }

  /** Another path had taken a contact, and has been let down by it: it holds no seat here either. */
  lost(contact: Contact): void {
    const candidate = this.candidateOf(contact);
    if (candidate === undefined || (candidate.state !== "taken" && candidate.state !== "fresh")) return;
    if (candidate.state === "fresh") this.fresh -= 1;
    candidate.state = "failed";
  }

  /** The nearest contacts that have answered, nearest first, at most k. */
  closest(): Contact[] {
    const result: Contact[] = [];
    for (const { state, contact } of this.candidates) {
      if (state === "answered" && result.push(contact) === this.k) break;
    }
    return result;
  }

  /** Whether k candidates that have not failed are known within this part of the id space (0 … 1) around the target. */
  knowsEnoughWithin(part: number): boolean {
    let seats = 0;
    for (let i = 0; i < this.candidates.length && (this.distances[i] as number) < part * 2 ** 32; i++) {
      if ((this.candidates[i] as Candidate).state !== "failed") seats += 1;
    }
    return seats >= this.k;
  }

  /** Requests on the path to a contact: 1 when it came from the own table; 0 when it is no candidate. */
  hopOf(contact: Contact): number {
    return this.candidateOf(contact)?.hop ?? 0;
  }

  private get isSpent(): boolean {
    return this.asked >= MAX_REQUESTS || this.dials >= MAX_DIALS;
  }

  /** Requests that may be under way now. */
  private get slots(): number {
    const { alpha = ALPHA, openingAlpha = alpha, beta = BETA, closingAlpha = CLOSING_ALPHA } = this.options;
    if (this.answers === 0) return openingAlpha;
    let answered = 0;
    for (const { state } of this.candidates) {
      if (answered >= beta) break;
      if (state === "answered" || state === "taken") answered += 1;
      else if (state !== "failed" && state !== "late") return alpha;
    }
    return answered >= beta ? Math.max(alpha, closingAlpha) : alpha;
  }

  private asKnown(contact: Contact): Contact {
    return this.options.asKnown?.(contact) ?? contact;
  }

  private settle(contact: Contact, state: "answered" | "failed"): Candidate | undefined {
    const candidate = this.candidateOf(contact);
    if (candidate === undefined || (candidate.state !== "asked" && candidate.state !== "late")) return undefined;
    if (candidate.state === "asked") this.inFlight -= 1;
    else this.lates -= 1;
    if (state === "answered") this.answers += 1;
    candidate.state = state;
    return candidate;
  }

  private candidateOf(contact: Contact): Candidate | undefined {
    return this.candidateAt(this.placeOf(contact), contact);
  }

  private candidateAt(place: number, { key }: Contact): Candidate | undefined {
    const candidate = this.candidates[place];
    return candidate?.contact.key === key ? candidate : undefined;
  }

  private addCandidate(contact: Contact, hop: number): void {
    const place = this.placeOf(contact);
    const known = this.candidateAt(place, contact);
    if (known !== undefined) {
      if (known.state === "fresh" && hop < known.hop) known.hop = hop;
      if (contact !== known.contact && known.state !== "answered") this.noteElsewhere(known, contact);
      return;
    }
    if (sameId(contact.id, this.self)) return;
    const rests = this.options.isAbsent?.(this.asKnown(contact)) ?? false;
    this.distances.splice(place, 0, this.distanceOf(contact));
    if (rests) {
      this.candidates.splice(place, 0, { contact, state: "failed", hop, rests, tried: [contact] });
      this.resting += 1;
      return;
    }
    this.candidates.splice(place, 0, { contact, state: "fresh", hop });
    this.fresh += 1;
    if (this.fresh > MAX_CANDIDATES) this.dropFarthestFresh();
  }

  /** Where a contact is known under other addresses than it was named, those it was named under come later. */
  private beginAt(candidate: Candidate, contact: Contact): void {
    const named = candidate.contact;
    if (contact === named) return;
    candidate.contact = contact;
    this.noteElsewhere(candidate, named);
  }

  private noteElsewhere(known: Candidate, contact: Contact): void {
    const { elsewhere = [], tried = [] } = known;
    if (elsewhere.length >= MAX_ELSEWHERE) return;
    if ([known.contact, ...elsewhere, ...tried].some((named) => sameAddresses(named, contact))) return;
    known.elsewhere = [...elsewhere, contact];
    if (known.state === "failed") this.moveOn(known);
  }

  private moveOn(candidate: Candidate): void {
    const { elsewhere = [], tried = [] } = candidate;
    const next = elsewhere.find((named) => !tried.some((other) => sameAddresses(other, named)));
    if (next === undefined) return;
    candidate.contact = next;
    this.refresh(candidate);
  }

  private refresh(candidate: Candidate): void {
    if (candidate.rests) this.resting -= 1;
    candidate.rests = false;
    candidate.state = "fresh";
    this.fresh += 1;
    if (this.fresh > MAX_CANDIDATES) this.dropFarthestFresh();
  }

  /** The nearest of those that were asked in vain lately, where too few others are left: in a small network they may be back. */
  private wakeNearest(): Candidate | undefined {
    if (this.resting === 0 || this.inFlight > 0 || this.answers >= this.k) return undefined;
    const candidate = this.candidates.find(({ rests }) => rests);
    if (candidate !== undefined) this.refresh(candidate);
    return candidate;
  }

  /** First 32 bits of the distance. */
  private distanceOf({ head }: Contact): number {
    return (head ^ this.targetHead) >>> 0;
  }

  /** Where a contact is in the order of distance, or where it belongs. */
  private placeOf(contact: Contact): number {
    const { distances } = this;
    const distance = this.distanceOf(contact);
    let low = 0;
    let high = distances.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = distances[middle] as number;
      if (other < distance || (other === distance && this.isNearer(middle, contact))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isNearer(place: number, contact: Contact): boolean {
    const other = (this.candidates[place] as Candidate).contact;
    return other !== contact && compareDistance(this.target, other.id, contact.id) < 0;
  }

  private dropFarthestFresh(): void {
    for (let i = this.candidates.length - 1; i >= 0; i--) {
      const candidate = this.candidates[i] as Candidate;
      if (candidate.state !== "fresh") continue;
      this.candidates.splice(i, 1);
      this.distances.splice(i, 1);
      this.fresh -= 1;
      return;
    }
  }

  /**
   * Of the candidates not yet asked that stand among the k nearest which are neither late nor failed: the one nearest, or whoever is about
   * as near and will answer sooner.
   */
  private quickestNear(): Candidate | undefined {
    const { nearEquals = NEAR_EQUALS } = this.options;
    let best: Candidate | undefined;
    let farthest = Number.POSITIVE_INFINITY;
    for (let i = 0, seats = 0; seats < this.k && (this.distances[i] as number) <= farthest; i++) {
      const candidate = this.candidates[i] as Candidate;
      if (candidate.state === "failed" || candidate.state === "late") continue;
      seats += 1;
      if (candidate.state !== "fresh") continue;
      if (best === undefined) farthest = Math.max(1, this.distances[i] as number) * nearEquals;
      if (best === undefined || this.costOf(candidate) < this.costOf(best)) best = candidate;
    }
    return best;
  }

  /** The same, passing over those whom another path asks. */
  private quickestFree(): Candidate | undefined {
    const { takenAs } = this.options;
    for (;;) {
      const candidate = this.quickestNear();
      const state = candidate && takenAs?.(candidate.contact);
      if (candidate === undefined || state === undefined) return candidate;
      candidate.state = state;
      this.fresh -= 1;
    }
  }

  private costOf(candidate: Candidate): number {
    candidate.expectedMs ??= this.options.expectedMs?.(this.asKnown(candidate.contact)) ?? 0;
    return candidate.expectedMs;
  }

  private firstWithin(state: State): Candidate | undefined {
    let seats = 0;
    for (const candidate of this.candidates) {
      if (candidate.state === "failed" || candidate.state === "late") continue;
      if (candidate.state === state) return candidate;
      seats += 1;
      if (seats >= this.k) return undefined;
    }
    return undefined;
  }
}
