import { type Contact, compareDistance, headOf, type NodeId, sameAddresses } from "../routing/index.ts";

/** Other addresses at which a candidate is tried that was not reached at the first: whoever names wrong ones must not hide it. */
export const MAX_ELSEWHERE = 7;

/**
 * `fresh`: heard of, not asked. `asked`: a request is under way and holds one of the α slots. `late`: under way for longer than
 * expected; its slot is free and it holds no seat among the nearest, but its answer still counts. `answered`, `failed`: done. `taken`:
 * another path of the same walk asks it; it holds its seat here, unless that path is let down.
 */
export type State = "fresh" | "asked" | "late" | "answered" | "failed" | "taken";

export interface Candidate {
  contact: Contact;
  state: State;
  /** Requests on the shortest known path from this node to the candidate: 1 for those in its own table. */
  hop: number;
  /** The same id under other addresses, as others named it; at most {@link MAX_ELSEWHERE} over the whole lookup. */
  elsewhere?: Contact[];
  /** As it was asked in vain; at most one more than those. */
  tried?: Contact[];
  /** It was named under more than those: under one of them it may be there. */
  mayBeElsewhere?: boolean;
  /** It counts as failed because it was asked in vain not long ago, by another lookup. */
  rests?: boolean;
  /** It has been late for so long that nobody waits for it. */
  hopeless?: boolean;
  /** Milliseconds that it will probably take to answer; asked for when that first matters. */
  expectedMs?: number;
}

/** Somebody names a candidate under addresses that may be others than those known. */
export function noteElsewhere(known: Candidate, contact: Contact): void {
  const { elsewhere = [], tried = [] } = known;
  if ([known.contact, ...elsewhere, ...tried].some((named) => sameAddresses(named, contact))) return;
  if (elsewhere.length < MAX_ELSEWHERE) known.elsewhere = [...elsewhere, contact];
  else known.mayBeElsewhere = true;
}

/** A candidate under addresses at which it has not been asked, if it was named under any. */
export function untriedOf({ elsewhere = [], tried = [] }: Candidate): Contact | undefined {
  return elsewhere.find((named) => !tried.some((other) => sameAddresses(other, named)));
}

/** The candidates of one lookup, nearest first. */
export class Candidates {
  private readonly target: NodeId;
  private readonly targetHead: number;
  /** As many as the lookup lets in. */
  readonly list: Candidate[] = [];
  /** First 32 bits of their distances, in the same order: candidates are found and placed by these, almost without a look at them. */
  readonly distances: number[] = [];

  constructor(target: NodeId) {
    this.target = target;
    this.targetHead = headOf(target);
  }

  /** The candidate with the id of a contact. */
  find(contact: Contact): Candidate | undefined {
    const candidate = this.list[this.placeOf(contact)];
    return candidate?.contact.key === contact.key ? candidate : undefined;
  }

  /** Adds one that is not here. */
  add(candidate: Candidate): void {
    const place = this.placeOf(candidate.contact);
    this.list.splice(place, 0, candidate);
    this.distances.splice(place, 0, this.distanceOf(candidate.contact));
  }

  dropFarthestFresh(): void {
    const place = this.list.findLastIndex(({ state }) => state === "fresh");
    if (place < 0) return;
    this.list.splice(place, 1);
    this.distances.splice(place, 1);
  }

  /** The nearest in a state, of the k nearest that are neither late nor failed. */
  firstWithin(k: number, state: State): Candidate | undefined {
    let seats = 0;
    for (const candidate of this.list) {
      if (candidate.state === "failed" || candidate.state === "late") continue;
      if (candidate.state === state) return candidate;
      seats += 1;
      if (seats >= k) return undefined;
    }
    return undefined;
  }

  /** The nearest that have answered, nearest first, at most so many. */
  nearestAnswered(most: number): Contact[] {
    const result: Contact[] = [];
    for (const { state, contact } of this.list) if (state === "answered" && result.push(contact) === most) break;
    return result;
  }

  /** How many that have not failed are within this part of the id space (0 … 1) around the target. */
  countWithin(part: number): number {
    let count = 0;
    for (let i = 0; i < this.list.length && (this.distances[i] as number) < part * 2 ** 32; i++) {
      if ((this.list[i] as Candidate).state !== "failed") count += 1;
    }
    return count;
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
    const other = (this.list[place] as Candidate).contact;
    return other !== contact && compareDistance(this.target, other.id, contact.id) < 0;
  }
}
