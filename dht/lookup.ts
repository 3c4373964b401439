import { type Contact, K, type NodeId, sameId } from "../routing/index.ts";
import { type Candidate, Candidates, noteElsewhere, untriedOf } from "./candidates.ts";
import { ALPHA, BETA, CLOSING_ALPHA, type LookupOptions, MAX_CANDIDATES, MAX_DIALS, MAX_REQUESTS, NEAR_EQUALS } from "./lookup-options.ts";

/**
 * One iterative lookup (Kademlia, section 2.3) as a state machine: no I/O, no timers, no promises. Whoever drives it asks
 * {@link next} whom to ask, asks, and reports {@link answered}, {@link late} or {@link failed}. Slots are refilled one by one, never in
 * rounds; among candidates that are about as near, the quickest comes first. It has ended when the k nearest candidates that are not late
 * or failed have all answered; where there are fewer than k of them, when none is late either.
 *
 * Reports about contacts that are not candidates, or twice about the same, change nothing.
 */
export class Lookup {
  readonly target: NodeId;
  private readonly self: NodeId;
  private readonly k: number;
  private readonly options: LookupOptions;
  /** At most those asked, on any path of the walk, MAX_CANDIDATES fresh ones, and those who rest. */
  private readonly candidates: Candidates;
  private inFlight = 0;
  private asked = 0;
  private dials = 0;
  private resting = 0;
  private fresh = 0;
  /** Of those who are late, how many are still waited for. */
  private lates = 0;
  /** Requests that were late or failed. */
  private troubles = 0;
  private answers = 0;

  constructor(options: LookupOptions) {
    this.target = options.target;
    this.candidates = new Candidates(options.target);
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
    return this.candidates.firstWithin(this.k, "asked") === undefined && this.candidates.firstWithin(this.k, "fresh") === undefined;
  }

  /** Whether somebody is late or rests: worth waiting for where nobody else can take a seat, in a small network or one that is slow. */
  get mayHope(): boolean {
    return this.lates > 0 || this.resting > 0;
  }

  /**
   * True when the k nearest known have answered, none of the nearer ones being late, or named under more addresses than were tried: so
   * liars could hide whom they cannot keep from answering. Where fewer than k are known, when all of them have: what those who failed would
   * have named, nobody knows.
   */
  get complete(): boolean {
    if (this.answers === 0 && this.options.takenAs === undefined) return this.candidates.list.length === 0;
    let seats = 0;
    let failures = 0;
    for (const candidate of this.candidates.list) {
      if (candidate.state === "failed") {
        if (candidate.mayBeElsewhere) return false;
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
    const candidate = this.candidates.find(contact);
    if (candidate?.state !== "asked") return;
    candidate.state = "late";
    candidate.hopeless = false; // it may have been, at other addresses
    this.inFlight -= 1;
    this.lates += 1;
    this.troubles += 1;
  }

  /** A contact has been late for so long that it is not waited for any more, even where nobody else can take its seat. */
  givenUp(contact: Contact): void {
    const candidate = this.candidates.find(contact);
    if (candidate?.state !== "late" || candidate.hopeless) return;
    candidate.hopeless = true;
    this.lates -= 1;
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
    const candidate = this.candidates.find(contact);
    if (candidate === undefined || (candidate.state !== "taken" && candidate.state !== "fresh")) return;
    if (candidate.state === "fresh") this.fresh -= 1;
    candidate.state = "failed";
  }

  /** The nearest contacts that have answered, nearest first, at most k. */
  closest(): Contact[] {
    return this.candidates.nearestAnswered(this.k);
  }

  /** Whether k candidates that have not failed are known within this part of the id space (0 … 1) around the target. */
  knowsEnoughWithin(part: number): boolean {
    return this.candidates.countWithin(part) >= this.k;
  }

  /** Requests on the path to a contact: 1 when it came from the own table; 0 when it is no candidate. */
  hopOf(contact: Contact): number {
    return this.candidates.find(contact)?.hop ?? 0;
  }

  /** True when as much has been asked as one lookup may, whoever is left. */
  get isSpent(): boolean {
    return this.asked >= MAX_REQUESTS || this.dials >= MAX_DIALS;
  }

  private get alphaNow(): number {
    const { alpha = ALPHA, mostAlpha = alpha } = this.options;
    return Math.min(alpha + this.troubles, Math.max(alpha, mostAlpha));
  }

  /** Requests that may be under way now. */
  private get slots(): number {
    const { beta = BETA, closingAlpha = CLOSING_ALPHA, equalWithin = 0 } = this.options;
    const alpha = this.alphaNow;
    let answered = 0;
    const { list, distances } = this.candidates;
    for (let i = 0; i < list.length && answered < beta; i++) {
      const { state } = list[i] as Candidate;
      if (state === "answered" || state === "taken") answered += 1;
      else if (state !== "failed" && state !== "late" && (distances[i] as number) >= equalWithin * 2 ** 32) return alpha;
    }
    return answered >= beta ? Math.max(alpha, closingAlpha) : alpha;
  }

  private asKnown(contact: Contact): Contact {
    return this.options.asKnown?.(contact) ?? contact;
  }

  private settle(contact: Contact, state: "answered" | "failed"): Candidate | undefined {
    const candidate = this.candidates.find(contact);
    if (candidate === undefined || (candidate.state !== "asked" && candidate.state !== "late")) return undefined;
    if (candidate.state === "late") this.lates -= candidate.hopeless ? 0 : 1;
    else {
      this.inFlight -= 1;
      if (state === "failed") this.troubles += 1;
    }
    if (state === "answered") this.answers += 1;
    candidate.state = state;
    return candidate;
  }

  private addCandidate(contact: Contact, hop: number): void {
    const known = this.candidates.find(contact);
    if (known !== undefined) {
      if (known.state === "fresh" && hop < known.hop) known.hop = hop;
      if (contact !== known.contact && known.state !== "answered") this.noteElsewhere(known, contact);
    } else if (sameId(contact.id, this.self)) return;
    else if (this.options.isAbsent?.(contact)) {
      this.candidates.add({ contact, state: "failed", hop, rests: true, tried: [contact] });
      this.resting += 1;
    } else {
      this.candidates.add({ contact, state: "fresh", hop });
      this.countFresh();
    }
  }

  private countFresh(): void {
    if (this.fresh < MAX_CANDIDATES) this.fresh += 1;
    else this.candidates.dropFarthestFresh();
  }

  /** Where a contact is known under other addresses than it was named, those it was named under come later. */
  private beginAt(candidate: Candidate, contact: Contact): void {
    const named = candidate.contact;
    if (contact === named) return;
    candidate.contact = contact;
    this.noteElsewhere(candidate, named);
  }

  private noteElsewhere(known: Candidate, contact: Contact): void {
    noteElsewhere(known, contact);
    if (known.state === "failed") this.moveOn(known);
  }

  private moveOn(candidate: Candidate): void {
    const next = untriedOf(candidate);
    if (next === undefined) return;
    candidate.contact = next;
    this.refresh(candidate);
  }

  private refresh(candidate: Candidate): void {
    if (candidate.rests) this.resting -= 1;
    candidate.rests = false;
    candidate.state = "fresh";
    this.countFresh();
  }

  /** The nearest of those that were asked in vain lately, where too few others are left: in a small network they may be back. */
  private wakeNearest(): Candidate | undefined {
    if (this.resting === 0 || this.inFlight > 0 || this.answers >= this.k) return undefined;
    const candidate = this.candidates.list.find(({ rests }) => rests);
    if (candidate !== undefined) this.refresh(candidate);
    return candidate;
  }

  /**
   * Of the candidates not yet asked that stand among the k nearest which are neither late nor failed: the one nearest, or whoever is about
   * as near, or probably one of those sought as well, and will answer sooner.
   */
  private quickestNear(): Candidate | undefined {
    const { nearEquals = NEAR_EQUALS, equalWithin = 0 } = this.options;
    const { list, distances } = this.candidates;
    let best: Candidate | undefined;
    let farthest = Number.POSITIVE_INFINITY;
    for (let i = 0, seats = 0; seats < this.k && (distances[i] as number) <= farthest; i++) {
      const candidate = list[i] as Candidate;
      if (candidate.state === "failed" || candidate.state === "late") continue;
      seats += 1;
      if (candidate.state !== "fresh") continue;
      if (best === undefined) farthest = Math.max(Math.max(1, distances[i] as number) * nearEquals, equalWithin * 2 ** 32);
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
}
