import type { Contact } from "../routing/index.ts";
import type { Heard, Peers } from "./ports.ts";

/**
 * Peers whose round trips are remembered: in groups by the first bits of their ids, each of which forgets the one measured longest ago
 * when it is full. Begins with two groups, and doubles them up to 256 peers.
 */
const GROUP = 8;
const FIRST_GROUPS = 2;
const MAX_GROUPS = 32;
/**
 * Bounds of every timeout, ms. Below, a peer that is busy for a moment would count as gone (TCP's own least timeout is the same); above,
 * a person has given up.
 */
const MIN_TIMEOUT_MS = 200;
const MAX_TIMEOUT_MS = 2_000;
/** What a stranger gets before anybody has been measured, ms: two intercontinental round trips to connect, one to answer, and slack. */
const INITIAL_TIMEOUT_MS = 1_000;
/** Round trips of a request that has to dial: TCP takes one and TLS 1.3 another before the request can leave. */
export const DIALLED_ROUND_TRIPS = 3;
/** The same for a proof of address, which needs a connection alone. */
const PROVED_ROUND_TRIPS = 2;
/** What a stranger's round trip is taken to be before anybody has been measured, ms: the median between two random places on earth. */
const TYPICAL_MS = 140;
/** Weights of a new sample, as TCP has them (RFC 6298, section 2). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

interface Estimate {
  /** Whole microseconds. */
  readonly mean: number;
  readonly deviation: number;
}

const US_PER_MS = 1_000;
/** What is longer counts as this, µs: it is late by any measure. */
const LONGEST_US = 2 ** 30;

/** Four whole numbers for a peer: the head of its id, mean, deviation, and when it was measured; that is 0 where nobody is. */
const WIDTH = 4;
const MEAN = 1;
const DEVIATION = 2;
const MEASURED = 3;

/** Whether there is an open link to a peer as it is asked: without one the same peer takes three times as long. */
export type Warmth = Exclude<Heard, "proved">;

/**
 * How long to wait for whom. Each peer's own round trips give mean + 4 × deviation (RFC 6298), for three of them where the link is yet to
 * be set up; strangers get the same formula over everybody's first answers, those that had to dial apart from those that had not.
 *
 * Kept in one row of numbers, some 16 bytes a peer: maps of objects took more than all the rest of a node. Peers are told apart by 32 bits
 * of their ids; should two ever have the same, each waits a little too long or too short for the other.
 */
export class RoundTrips {
  private slots = new Int32Array(FIRST_GROUPS * GROUP * WIDTH); // at most MAX_GROUPS × GROUP peers
  private measurements = 0;
  /** First answers over open links, those over links that had to be dialled, and proofs; whole. */
  private readonly strangers: Partial<Record<Heard, Estimate>> = {};

  /** Milliseconds after which a request to this peer counts as late. */
  timeoutFor(peer: Contact, warmth: Warmth = "linked"): number {
    const slot = this.find(peer.head);
    const us = slot < 0 ? this.patienceWithStrangers(warmth) : patienceOf(this.whole(slot, warmth));
    return us === undefined ? INITIAL_TIMEOUT_MS : Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, us / US_PER_MS));
  }

  /** Milliseconds that a peer will probably take to answer. */
  expected(peer: Contact, warmth: Warmth): number {
    const slot = this.find(peer.head);
    if (slot >= 0) return ((this.slots[slot + MEAN] as number) * roundTripsOf(warmth)) / US_PER_MS;
    const known = this.strangers[warmth];
    return known === undefined ? TYPICAL_MS * roundTripsOf(warmth) : known.mean / US_PER_MS;
  }

  /** The smoothed round trip of a peer, ms, if one was measured. */
  of(peer: Contact): number | undefined {
    const slot = this.find(peer.head);
    return slot < 0 ? undefined : (this.slots[slot + MEAN] as number) / US_PER_MS;
  }

  /** @param ms from the request to its answer, setting up the link included. */
  measured({ head }: Contact, ms: number, heard: Heard = "linked"): void {
    const us = Math.min(LONGEST_US, Math.round(ms * US_PER_MS));
    const known = this.find(head);
    if (known < 0) this.strangers[heard] = blend(this.strangers[heard], us);
    const { mean, deviation } = blend(known < 0 ? undefined : this.at(known), us, heard);
    this.measurements += 1;
    this.put(known < 0 ? this.room(head) : known, head, mean, deviation, this.measurements);
  }

  forget({ head }: Contact): void {
    const slot = this.find(head);
    if (slot >= 0) this.slots[slot + MEASURED] = 0;
  }

  /** Where no stranger was asked in this way, those asked in the other say what to expect. */
  private patienceWithStrangers(warmth: Warmth): number | undefined {
    const { linked, dialled } = this.strangers;
    const [same, other] = warmth === "linked" ? [linked, dialled] : [dialled, linked];
    if (same !== undefined) return patienceOf(same);
    return other && patienceOf(other) * (warmth === "linked" ? 1 : DIALLED_ROUND_TRIPS);
  }

  /** What a request to a peer takes, the set-up of the link included. */
  private whole(slot: number, warmth: Warmth): Estimate {
    const { mean, deviation } = this.at(slot);
    return { mean: mean * roundTripsOf(warmth), deviation: deviation * spreadOf(warmth) };
  }

  private at(slot: number): Estimate {
    return { mean: this.slots[slot + MEAN] as number, deviation: this.slots[slot + DEVIATION] as number };
  }

  /** Where a peer stands; −1 when it is unknown. */
  private find(head: number): number {
    const { slots } = this;
    const begin = this.groupOf(head);
    for (let slot = begin; slot < begin + GROUP * WIDTH; slot += WIDTH)
      if (slots[slot] === head && slots[slot + MEASURED] !== 0) return slot;
    return -1;
  }

  /** A place for a new peer: an empty one, or that of the peer of its group that was measured longest ago. */
  private room(head: number): number {
    const { slots } = this;
    const begin = this.groupOf(head);
    let oldest = begin;
    for (let slot = begin; slot < begin + GROUP * WIDTH; slot += WIDTH)
      if ((slots[slot + MEASURED] as number) < (slots[oldest + MEASURED] as number)) oldest = slot;
    if (slots[oldest + MEASURED] === 0 || slots.length >= MAX_GROUPS * GROUP * WIDTH) return oldest;
    this.grow();
    return this.room(head);
  }

  /** The ids that a node knows share many first bits with its own: a multiplication spreads them (Knuth, volume 3, section 6.4). */
  private groupOf(head: number): number {
    const groups = this.slots.length / (GROUP * WIDTH);
    return ((Math.imul(head, 0x9e3779b1) >>> 16) & (groups - 1)) * GROUP * WIDTH;
  }

  private put(slot: number, head: number, mean: number, deviation: number, measured: number): void {
    const { slots } = this;
    slots[slot] = head;
    slots[slot + MEAN] = mean;
    slots[slot + DEVIATION] = deviation;
    slots[slot + MEASURED] = measured;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Int32Array(slots.length * 2);
    for (let slot = 0; slot < slots.length; slot += WIDTH) {
      const [head, mean, deviation, measured] = slots.subarray(slot, slot + WIDTH) as unknown as [number, number, number, number];
      if (measured !== 0) this.put(this.room(head), head, mean, deviation, measured);
    }
  }
}

/** How a contact would be asked now. */
export function warmthOf(peers: Peers, contact: Contact): Warmth {
  return peers.isLinked(contact) ? "linked" : "dialled";
}

function patienceOf({ mean, deviation }: Estimate): number {
  return mean + 4 * deviation;
}

function roundTripsOf(heard: Heard): number {
  switch (heard) {
    case "linked":
      return 1;
    case "proved":
      return PROVED_ROUND_TRIPS;
    case "dialled":
      return DIALLED_ROUND_TRIPS;
  }
}

/** How much more all of its round trips vary than one does: what varies by itself adds up in squares. */
function spreadOf(heard: Heard): number {
  return Math.sqrt(roundTripsOf(heard));
}

/** The estimate of one round trip, after what took one, two or three. */
function blend(estimate: Estimate | undefined, us: number, heard: Heard = "linked"): Estimate {
  const trips = roundTripsOf(heard);
  if (estimate === undefined) return { mean: Math.round(us / trips), deviation: Math.round(us / trips / 2) };
  const error = us - estimate.mean * trips;
  return {
    mean: Math.round(estimate.mean + (MEAN_GAIN * error) / trips),
    deviation: Math.round(estimate.deviation + DEVIATION_GAIN * (Math.abs(error) / spreadOf(heard) - estimate.deviation)),
  };
}
