import { readRecord } from "../../../dht/capability-record.ts";
import { Handlers } from "../../../dht/handlers.ts";
import { Lookup } from "../../../dht/lookup.ts";
import { Maintenance } from "../../../dht/maintenance.ts";
import { Membership } from "../../../dht/membership.ts";
import { RecordStore } from "../../../dht/record-store.ts";
import { type Contact, K } from "../../../routing/index.ts";
import { KBucket } from "../../../routing/k-bucket.ts";
import { RoutingTable } from "../../../routing/routing-table.ts";
import { VirtualClock } from "../../../simulations/engine/clock.ts";
import { SharedReader } from "../../../simulations/engine/stand-in-signer.ts";
import type { InvariantName, ScenarioInput } from "../../../simulations/index.ts";
import { replaced, replacedGetter, type Undo } from "./replaced.ts";

/** A node in which one thing is broken, and the invariants by which that may be noticed first. */
export interface Mutant {
  readonly what: string;
  readonly breaks: () => Undo;
  readonly noticedBy: readonly InvariantName[];
  /** What the world must have in place of what it has, for it to be noticed. */
  readonly world?: ScenarioInput;
}

/** All that a node does once an hour it does once a minute. */
export const HASTY = { refreshIntervalMs: 60_000, republishIntervalMs: 60_000, recordLifetimeMs: 120_000, sweepIntervalMs: 10_000 };

export const MUTANTS: readonly Mutant[] = [
  {
    what: "names contacts in the order of age",
    breaks: () => replaced(RoutingTable, "closest", (table) => (_: unknown, count: number) => [...table.contacts()].slice(0, count)),
    noticedBy: ["nearest"],
  },
  {
    what: "names the caller to itself",
    breaks: () =>
      replaced(Handlers, "closestFor", (handlers) => (_: unknown, target: Uint8Array) => {
        const { context } = handlers as unknown as { context: { membership: Membership } };
        return context.membership.table.closest(target, K);
      }),
    noticedBy: ["nearest"],
  },
  {
    what: "puts contacts into the wrong bucket",
    breaks: () => replaced(RoutingTable, "bucketIndex", () => () => 3),
    noticedBy: ["seats"],
  },
  {
    what: "has buckets without a bound",
    breaks: () => replacedGetter(KBucket, "isFull", () => false),
    noticedBy: ["seats", "bounds"],
    world: { nodes: 70, adversaries: [], churn: null, durationMs: "10s" },
  },
  {
    what: "takes callers at their word",
    breaks: () => replaced(Membership, "addCandidate", (membership) => (contact: Contact) => membership.addVerified(contact)),
    noticedBy: ["proved"],
  },
  {
    what: "hands out contacts that have not answered",
    breaks: () => replaced(KBucket, "markMissed", () => () => "kept"),
    noticedBy: ["missed"],
  },
  {
    what: "checks no signatures",
    breaks: () => replaced(SharedReader, "read", () => (bytes: Uint8Array) => readRecord(bytes, () => true)),
    noticedBy: ["genuine"],
  },
  {
    what: "gives records whose time is over",
    breaks: () =>
      replaced(
        RecordStore,
        "page",
        (store, page) => (key: Uint8Array, limit: number, after: string | undefined, now: number) =>
          page.call(store, key, limit, after, now - 300_000),
      ),
    noticedBy: ["timely"],
    world: { overlay: { ...HASTY, sweepIntervalMs: 60_000 } }, // what is swept soon is asked for by nobody
  },
  {
    what: "never sweeps its store",
    breaks: () => replaced(RecordStore, "sweep", () => () => undefined),
    noticedBy: ["swept"],
  },
  {
    what: "asks everybody twice",
    breaks: () => {
      const before = new WeakMap<object, Contact>();
      return replaced(Lookup, "next", (lookup, next) => () => {
        const again = before.get(lookup);
        before.delete(lookup);
        const contact = again ?? (next.call(lookup) as Contact | undefined);
        if (again === undefined && contact !== undefined) before.set(lookup, contact);
        return contact;
      });
    },
    noticedBy: ["budget"],
  },
  {
    what: "never refreshes its buckets",
    breaks: () => replaced(Maintenance, "refreshOldest", () => () => 0),
    noticedBy: ["refreshed"],
  },
  {
    what: "never ends a walk",
    breaks: () => replacedGetter(Lookup, "finished", () => false),
    noticedBy: ["ended", "joined", "republished"],
  },
  {
    what: "keeps no records for others",
    breaks: () => replaced(RecordStore, "put", () => () => ({ outcome: "stored" })),
    noticedBy: ["found", "timely", "genuine"], // it says so of what belongs elsewhere, too, whichever is asked first
  },
  {
    what: "lives in a world whose time goes back",
    breaks: () =>
      replacedGetter(VirtualClock, "now", (clock) => {
        const { time } = clock as unknown as { time: number };
        return time > 30_000 && time < 31_000 ? 30_000 - (time - 30_000) : time;
      }),
    noticedBy: ["time"],
  },
  {
    what: "rejects a promise that nobody waits for",
    breaks: () =>
      replaced(Maintenance, "revalidate", () => () => {
        void Promise.reject(new Error("unheard"));
        return 0;
      }),
    noticedBy: ["fault"],
  },
];
