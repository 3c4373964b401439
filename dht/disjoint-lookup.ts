import { type Contact, compareDistance, K } from "../routing/index.ts";
import { Lookup } from "./lookup.ts";
import type { LookupOptions } from "./lookup-options.ts";

/** Paths of one walk at most: beyond, each would begin with fewer than two of the k nearest known. */
export const MAX_PATHS = 8;
/** Requests that each path may have under way: with more, all paths together would ask most of the network before they hear from it. */
const PATH_ALPHA = 3;

/** What a walk steps through: one path, or several. */
export type Steps = Pick<
  Lookup,
  | "requests"
  | "next"
  | "finished"
  | "complete"
  | "answered"
  | "heard"
  | "late"
  | "givenUp"
  | "failed"
  | "closest"
  | "hopOf"
  | "knowsEnoughWithin"
  | "isSpent"
>;

/**
 * Several lookups of one target that share no contact (S/Kademlia, Baumgart and Mies 2007, section 4.4): the k nearest known are dealt out
 * to the paths, and whoever one path asks, no other asks. Adversaries who name only each other keep the paths they are on, and no more.
 * Near the target the paths meet the same contacts; each is asked by the path that comes first and holds its seat in the others, so all
 * paths together ask hardly more than a lookup and what each takes to get there. Nothing is shared but that: in particular, what a path
 * hears stays on it.
 */
export class DisjointLookup implements Steps {
  private readonly target: LookupOptions["target"];
  private readonly k: number;
  private readonly paths: readonly Lookup[]; // at most MAX_PATHS
  /** Which path asks whom, by key; at most MAX_REQUESTS of each path. */
  private readonly owners = new Map<string, Lookup>();
  /** Of these, the keys of those who failed or were late. */
  private readonly unreached = new Set<string>();
  /** The path whose turn it is to ask. */
  private turn = 0;

  constructor(options: LookupOptions, paths: number) {
    this.target = options.target;
    this.k = options.k ?? K;
    const count = Math.min(paths, MAX_PATHS);
    this.paths = Array.from({ length: count }, (_, number) => this.pathOf(options, dealt(options.seeds, number, count)));
  }

  get requests(): number {
    return this.paths.reduce((sum, path) => sum + path.requests, 0);
  }

  next(): Contact | undefined {
    for (let tried = 0; tried < this.paths.length; tried++) {
      const contact = (this.paths[this.turn] as Lookup).next();
      this.turn = (this.turn + 1) % this.paths.length;
      if (contact !== undefined) return contact;
    }
    return undefined;
  }

  /** As of one path; late peers are waited for where all paths together have fewer than k answers. */
  get finished(): boolean {
    if (!this.paths.every((path) => path.isIdle)) return false;
    const answers = this.paths.reduce((sum, path) => sum + path.answerCount, 0);
    return answers >= this.k || !this.paths.some((path) => path.mayHope);
  }

  /** True when the k nearest that each path knows have answered, on whichever. */
  get complete(): boolean {
    return this.paths.every((path) => path.complete);
  }

  /** As of any of the paths: a crowd that one of them has met is there. */
  knowsEnoughWithin(part: number): boolean {
    return this.paths.some((path) => path.knowsEnoughWithin(part));
  }

  get isSpent(): boolean {
    return this.paths.some((path) => path.isSpent);
  }

  answered(from: Contact, contacts: readonly Contact[]): void {
    this.owners.get(from.key)?.answered(from, contacts);
  }

  heard(from: Contact, contacts: readonly Contact[]): void {
    this.owners.get(from.key)?.heard(from, contacts);
  }

  late(contact: Contact): void {
    this.letDown(contact, (owner) => owner.late(contact));
  }

  givenUp(contact: Contact): void {
    this.owners.get(contact.key)?.givenUp(contact);
  }

  failed(contact: Contact): void {
    this.letDown(contact, (owner) => owner.failed(contact));
  }

  /** The nearest of all that have answered on any path. */
  closest(): Contact[] {
    const all = this.paths.flatMap((path) => path.closest());
    return all.sort((a, b) => compareDistance(this.target, a.id, b.id)).slice(0, this.k);
  }

  hopOf(contact: Contact): number {
    return this.owners.get(contact.key)?.hopOf(contact) ?? 0;
  }

  private pathOf(options: LookupOptions, seeds: readonly Contact[]): Lookup {
    const takenAs = ({ key }: Contact) => {
      const owner = this.owners.get(key);
      if (owner === undefined) this.owners.set(key, path);
      if (owner === undefined || owner === path) return undefined;
      return this.unreached.has(key) ? "failed" : "taken";
    };
    // Whoever did not answer lately is asked again: a path has too few to begin with to pass anybody over.
    const path: Lookup = new Lookup({ ...options, seeds, takenAs, isAbsent: () => false, ...SLOTS });
    return path;
  }

  private letDown(contact: Contact, tell: (owner: Lookup) => void): void {
    const owner = this.owners.get(contact.key);
    if (owner === undefined) return;
    this.unreached.add(contact.key);
    tell(owner);
    for (const path of this.paths) if (path !== owner) path.lost(contact);
  }
}

const SLOTS = { alpha: PATH_ALPHA, mostAlpha: PATH_ALPHA, closingAlpha: PATH_ALPHA };

/** Each path gets every so-many-th, so that all begin about as near to the target. */
function dealt(seeds: readonly Contact[], number: number, count: number): Contact[] {
  return seeds.filter((_, place) => place % count === number);
}
