import { type Contact, makeContact, sameId } from "../routing/index.ts";
import type { CapabilityClaim } from "./capability-record.ts";
import type { Match } from "./findings.ts";
import type { Walker } from "./lookup-run.ts";
import type { Timer } from "./ports.ts";
import { compareVersions, fieldOf } from "./query/index.ts";

/** In what order matches are given. */
export type Rank =
  /** By round trip, measured anew: each agent is pinged. */
  | "nearest"
  /** By when the record was signed, the youngest first. */
  | "fresh"
  | "random"
  /** By an attribute or field, the least first unless it says otherwise. Who says nothing of it comes last. */
  | { readonly attribute: string; readonly order?: "asc" | "desc" | undefined }
  /** Negative where the first of two is better, as `Array.sort` has it. */
  | ((a: Match, b: Match) => number);

/** Agents that are pinged for one search; further ones come last, in the order in which they were found. */
export const MAX_PINGED = 64;
/** Pings under way at once. */
const MAX_IN_FLIGHT = 16;
/** How long they may take all together, ms. */
const PING_ALL_MS = 5_000;
/** How long one may take, ms: with the link to be set up, three round trips around the world. */
const PING_MS = 2_500;

/** Puts matches in order. All but `nearest` takes no time. */
export function ranked(matches: readonly Match[], rank: Exclude<Rank, "nearest">, random: () => number): Match[] {
  if (rank === "random") return shuffled(matches, random);
  if (rank === "fresh") return [...matches].sort((a, b) => b.record.issued - a.record.issued);
  return [...matches].sort(typeof rank === "function" ? rank : byAttribute(rank.attribute, rank.order ?? "asc"));
}

function shuffled(matches: readonly Match[], random: () => number): Match[] {
  const order = [...matches];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as Match, order[i] as Match];
  }
  return order;
}

function byAttribute(field: string, order: "asc" | "desc"): (a: Match, b: Match) => number {
  const sign = order === "desc" ? -1 : 1;
  return (a, b) => {
    const [left, right] = [rankable(a.record, field), rankable(b.record, field)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1;
    return (
      sign *
      ((field === "version" ? compareVersions(String(left), String(right)) : undefined) ?? (left < right ? -1 : left > right ? 1 : 0))
    );
  };
}

function rankable(record: CapabilityClaim, field: string): string | number | undefined {
  const value = fieldOf(record, field);
  return typeof value === "boolean" ? Number(value) : value;
}

/** Measures how far agents are, and puts the nearest first. */
export class Nearest {
  private readonly walker: Walker;
  private readonly matches: readonly Match[];
  private readonly onDone: (matches: Match[]) => void;
  /** Milliseconds by publisher; at most {@link MAX_PINGED}. */
  private readonly measured = new Map<string, number>();
  private readonly waiting: Contact[]; // at most MAX_PINGED
  private inFlight = 0;
  private timer: Timer | undefined;
  private ended = false;

  constructor(walker: Walker, matches: readonly Match[], onDone: (matches: Match[]) => void) {
    this.walker = walker;
    this.matches = matches;
    this.onDone = onDone;
    const byId = new Map(matches.map(({ record }) => [record.publisherKey, makeContact(record.publisher, record.addresses)]));
    this.waiting = [...byId.values()].filter((contact) => this.isElsewhere(contact)).slice(0, MAX_PINGED);
  }

  start(): this {
    this.timer = this.walker.runtime.schedule(PING_ALL_MS, () => this.stop());
    this.pump();
    return this;
  }

  /** Ends it now with what has been measured. */
  stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.timer?.cancel();
    const far = Number.POSITIVE_INFINITY;
    const told = this.matches.map((match) => {
      const roundTripMs = this.measured.get(match.record.publisherKey);
      return roundTripMs === undefined ? match : { ...match, roundTripMs };
    });
    this.onDone(
      told.sort((a, b) => ((a.roundTripMs ?? far) === (b.roundTripMs ?? far) ? 0 : (a.roundTripMs ?? far) - (b.roundTripMs ?? far))),
    );
  }

  /** This node itself is no way off. */
  private isElsewhere({ id, key }: Contact): boolean {
    if (!sameId(id, this.walker.membership.table.self)) return true;
    this.measured.set(key, 0);
    return false;
  }

  private pump(): void {
    while (!this.ended && this.inFlight < MAX_IN_FLIGHT && this.waiting.length > 0) {
      this.inFlight += 1;
      this.ping(this.waiting.shift() as Contact, "to set up the link");
    }
    if (this.inFlight === 0) this.stop();
  }

  /** Twice: the first may have to dial. */
  private ping(contact: Contact, why: "to set up the link" | "to measure"): void {
    const { runtime, peers } = this.walker;
    const askedAt = runtime.now();
    peers.request(contact, { kind: "ping" }, PING_MS, (outcome) => {
      if (this.ended) return;
      if (outcome.kind !== "failed" && why === "to set up the link") {
        this.ping(contact, "to measure");
        return;
      }
      if (outcome.kind !== "failed") this.measured.set(contact.key, runtime.now() - askedAt);
      this.inFlight -= 1;
      this.pump();
    });
  }
}
