import { type Contact, compareDistance, headOf, K, type NodeId, sameAddresses, sameId } from "../routing/index.ts";

/** Requests under way at once. Kademlia's α; see docs/lookups.md for the sweep it was chosen by. */
export const ALPHA = 6;
/** Candidates kept beyond those already asked. Farther ones are dropped: they could matter only if nearly all nearer ones failed. */
const MAX_CANDIDATES = 8 * K;
/** Peers asked in one lookup at most, whatever they answer. A lookup among honest nodes needs about 25. */
export const MAX_REQUESTS = 160;
/** Other addresses at which a candidate is tried that was not reached at the first: whoever names wrong ones must not hide it. */
const MAX_ELSEWHERE = 3;

/**
 * `fresh`: heard of, not asked. `asked`: a request is under way and holds one of the α slots. `late`: under way for longer than
 * expected; its slot is free and it holds no seat among the nearest, but its answer still counts. `answered`, `failed`: done.
 */
type State = "fresh" | "asked" | "late" | "answered" | "failed";

interface Candidate {
  contact: Contact;
  state: State;
  /** Requests on the shortest known path from this node to the candidate: 1 for those in its own table. */
  hop: number;
  /** The same id under other addresses, as others named it; at most MAX_ELSEWHERE over the whole lookup. */
  elsewhere?: Contact[];
  /** As it was asked in vain; at most one more than those. */
  tried?: Contact[];
}

export interface LookupOptions {
  readonly target: NodeId;
  /** The own id: never a candidate. */
  readonly self: NodeId;
  readonly seeds: readonly Contact[];
  /** How many of the nearest must have answered. */
  readonly k?: number;
  readonly alpha?: number;
  /** Gives a contact at the addresses where it is to be asked first. Default: those under which it was named. */
  readonly asKnown?: (contact: Contact) => Contact;
}

/**
 * One iterative lookup (Kademlia, section 2.3) as a state machine: no I/O, no timers, no promises. Whoever drives it asks
 * {@link next} whom to ask, asks, and reports {@link answered}, {@link late} or {@link failed}. Slots are refilled one by one, never in
 * rounds. It has ended when the k nearest candidates that are not late or failed have all answered; where there are fewer than k of them,
 * when none is late either.
 *
 * Reports about contacts that are not candidates, or twice about the same, change nothing.
 */
export class Lookup {
  readonly target: NodeId;
  private readonly targetHead: number;
  private readonly self: NodeId;
  private readonly k: number;
  private readonly alpha: number;
  private readonly asKnown: (contact: Contact) => Contact;
  /** Nearest first; at most the candidates asked (≤ MAX_REQUESTS) and MAX_CANDIDATES fresh ones. */
  private readonly candidates: Candidate[] = [];
  /** First 32 bits of their distances, in the same order: candidates are found and placed by these, almost without a look at them. */
  private readonly distances: number[] = [];
  private inFlight = 0;
  private asked = 0;
  private fresh = 0;
  private lates = 0;
  private answers = 0;

  constructor(options: LookupOptions) {
    this.target = options.target;
    this.targetHead = headOf(options.target);
    this.self = options.self;
    this.k = options.k ?? K;
    this.alpha = options.alpha ?? ALPHA;
    this.asKnown = options.asKnown ?? ((contact) => contact);
    for (const contact of options.seeds) this.addCandidate(contact, 1);
  }

  /** Requests made so far. */
  get requests(): number {
    return this.asked;
  }

  /** The next contact to ask, or undefined when none should be asked now: all slots are taken, or the lookup has ended. */
  next(): Contact | undefined {
    if (this.inFlight >= this.alpha || this.asked >= MAX_REQUESTS) return undefined;
    const candidate = this.nearestFresh();
    if (candidate === undefined) return undefined;
    if (candidate.tried === undefined) this.beginAt(candidate, this.asKnown(candidate.contact));
    candidate.state = "asked";
    this.fresh -= 1;
    this.inFlight += 1;
    this.asked += 1;
    return candidate.contact;
  }

  /** True when nothing more is to be asked or awaited. */
  get finished(): boolean {
    if (this.asked >= MAX_REQUESTS) return this.inFlight === 0;
    if (this.someWithin("asked") || this.nearestFresh() !== undefined) return false;
    // Whoever is late is worth waiting for where nobody else can take the seat: in a small network, or one that is slow as a whole.
    return this.lates === 0 || this.answers >= this.k;
  }

  /**
   * True when the k nearest known have answered, none of the nearer ones being late. Where fewer than k are known, when all of them
   * have: what those who failed would have named, nobody knows.
   */
  get complete(): boolean {
    if (this.answers === 0) return this.candidates.length === 0;
    let seats = 0;
    let failures = 0;
    for (const candidate of this.candidates) {
      if (candidate.state === "failed") {
        failures += 1;
        continue;
      }
      if (candidate.state !== "answered") return false;
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
    this.candidates.splice(place, 0, { contact, state: "fresh", hop });
    this.distances.splice(place, 0, this.distanceOf(contact));
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
    candidate.state = "fresh";
    this.fresh += 1;
    if (this.fresh > MAX_CANDIDATES) this.dropFarthestFresh();
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

  /** The nearest candidate not yet asked that stands among the k nearest which are neither late nor failed. */
  private nearestFresh(): Candidate | undefined {
    return this.firstWithin("fresh");
  }

  private someWithin(state: State): boolean {
    return this.firstWithin(state) !== undefined;
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
