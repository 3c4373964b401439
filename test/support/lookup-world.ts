import { Lookup, type LookupOptions } from "../../dht/index.ts";
import type { Contact, NodeId } from "../../routing/index.ts";
import { contactOf, idNear, sortedByDistance } from "./ids.ts";
import type { Random } from "./random.ts";

/** A network that does not change: who would name whom when asked for a target. */
export interface StaticNetwork {
  readonly target: NodeId;
  readonly self: NodeId;
  readonly seeds: readonly Contact[];
  readonly contacts: readonly Contact[];
  readonly dead: ReadonlySet<string>;
  /** The oracle: the k nearest living ones. */
  nearest(k: number): Contact[];
  answerOf(contact: Contact): Contact[];
}

export interface StaticOptions {
  readonly size: number;
  readonly k: number;
  readonly deadShare?: number;
}

/**
 * Nodes whose tables suffice: each knows the k nearest to the target that are nearer than itself and some at random,
 * whether they live or not.
 */
export function staticNetwork(random: Random, { size, k, deadShare = 0 }: StaticOptions): StaticNetwork {
  const target = random.bytes(32);
  const self = random.bytes(32);
  const all = Array.from({ length: size }, () =>
    contactOf(random.int(3) === 0 ? idNear(target, random, random.int(40)) : random.bytes(32)),
  );
  const sorted = sortedByDistance(target, all);
  const dead = new Set(all.filter(() => random.next() < deadShare).map(({ key }) => key));
  const living = sorted.filter(({ key }) => !dead.has(key));
  const place = new Map(sorted.map(({ key }, index) => [key, index]));
  // Each knows what the tables of Kademlia give: of those nearer to the target, some of the next half; near the target, all.
  const answers = new Map(
    sorted.map(({ key }) => {
      const own = place.get(key) ?? 0;
      const half = sorted.slice(0, Math.max(2 * k, own >> 1));
      const known = own <= 4 * k ? sorted.slice(0, 2 * k) : random.shuffled(half).slice(0, k);
      return [key, sortedByDistance(target, [...known, contactOf(self)]).slice(0, 2 * k)];
    }),
  );
  const seeds = random.shuffled(living).slice(0, Math.min(k, living.length));
  return {
    target,
    self,
    seeds,
    contacts: sorted,
    dead,
    nearest: (count) => living.slice(0, count),
    answerOf: ({ key }) => answers.get(key) ?? [],
  };
}

export interface Driven {
  readonly lookup: Lookup;
  /** Keys, in the order in which they were asked. */
  readonly asked: string[];
  readonly mostInFlight: number;
}

/** Drives a lookup to its end, settling the requests under way in random order. Every step is observed by `onStep`. */
export function drive(
  network: StaticNetwork,
  random: Random,
  options: Partial<LookupOptions> = {},
  onStep?: (lookup: Lookup) => void,
): Driven {
  const lookup = new Lookup({ target: network.target, self: network.self, seeds: network.seeds, ...options });
  const asked: string[] = [];
  let flying: Contact[] = [];
  let mostInFlight = 0;
  while (!lookup.finished) {
    for (let contact = lookup.next(); contact !== undefined; contact = lookup.next()) {
      asked.push(contact.key);
      flying.push(contact);
    }
    mostInFlight = Math.max(mostInFlight, flying.length);
    if (flying.length === 0) throw new Error("the lookup is stuck: unfinished, and nothing is under way");
    const settled = random.pick(flying);
    flying = flying.filter((contact) => contact !== settled);
    if (network.dead.has(settled.key)) lookup.failed(settled);
    else lookup.answered(settled, network.answerOf(settled));
    onStep?.(lookup);
  }
  return { lookup, asked, mostInFlight };
}
