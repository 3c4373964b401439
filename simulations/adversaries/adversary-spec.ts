import { kind, oneOfKinds } from "../engine/spec-check.ts";
import type { Schedule } from "../faults/fault-spec.ts";

/** Who they are: a part of the members, or hosts that the attacker brings along. */
type Hosts =
  /** This share (0 … 1) of the nodes that the network begins with. Outside of the schedule they keep to the protocol. */
  | { readonly share: number }
  /** So many hosts beside them: they come when the schedule says so, and vanish when it is over. */
  | OwnHosts;

/**
 * The same for attacks that need hosts of the attacker's own. With `oneSubnet` all of them are in one /24; with `addresses` they are that
 * many machines far apart, on which all ids have a port each.
 */
export type OwnHosts = { readonly count: number; readonly oneSubnet?: boolean; readonly addresses?: number };

/**
 * Hosts that do not keep to the protocol, and what they do instead. They know all that there is to know, and of each other. Without a
 * schedule a share of the members is like that from its first moment, while hosts brought along come when the measured part begins. Times
 * are ms of virtual time since then; rates are a virtual second, for all of them together.
 */
export type AdversarySpec = Schedule &
  (
    | ({
        /** They take part in everything, but name only each other, hold nothing, and say that they have stored what they have not. */
        readonly adversary: "droppers";
      } & Hosts)
    | ({
        /**
         * They name contacts that are not there: ids next to the target that nobody has, nodes that are dead, members under addresses of
         * others.
         */
        readonly adversary: "liars";
        /** Default: each in turn. */
        readonly names?: "nobody" | "dead" | "misplaced";
      } & Hosts)
    | ({
        /** They take links and requests, and say nothing. */
        readonly adversary: "silent";
        /** Part of the requests that is not answered. Default 1. */
        readonly rate?: number;
      } & Hosts)
    | ({
        /**
         * They hold records, and do not give them: none, the first alone, the same ones for ever with a promise of more, or none since the
         * key were split.
         */
        readonly adversary: "hiders";
        /** Default `hide`. */
        readonly how?: "hide" | "truncate" | "endless" | "split";
        /** Only records of this name. Default: of any. */
        readonly capability?: string;
      } & Hosts)
    | ({
        /** Their ids were chosen to be nearer to a key than those of all members; about that key they are droppers. */
        readonly adversary: "ground-ids";
        /** The name whose key it is, or the key itself as 64 hex characters. */
        readonly capability?: string;
        readonly key?: string;
      } & OwnHosts)
    | ({
        /** They call members and say that they can be dialled where nobody is, or where a victim is; now and then under a new id. */
        readonly adversary: "poisoners";
        readonly perSecond: number;
        /** Default `nowhere`. */
        readonly claim?: "nowhere" | "victims";
        /** How long they keep an id, on average. Default one minute. */
        readonly sessionMs?: number;
      } & OwnHosts)
    | ({
        /** They join, vanish without a word, and come again under a new id. */
        readonly adversary: "sybils";
        /** How long they stay, on average. */
        readonly sessionMs: number;
      } & OwnHosts)
    | ({
        /** They store records under the key of a name, all well-formed and signed, of agents that do not exist. */
        readonly adversary: "record-flood";
        readonly capability: string;
        /** Records, each stored at the members nearest to its key. */
        readonly perSecond: number;
        /** Keys that sign them. Default: a new one for each record. */
        readonly publishers?: number;
      } & Hosts)
    | ({
        /** They store and give out records that nobody must believe: replayed, altered, wrongly signed, of other swarms, keys and times. */
        readonly adversary: "forgers";
        readonly perSecond: number;
      } & Hosts)
  );

export type AdversaryKind = AdversarySpec["adversary"];
/** The spec of one kind. */
export type SpecOf<K extends AdversaryKind> = Extract<AdversarySpec, { readonly adversary: K }>;

/** Hosts that an attacker brings along at most: more are no longer an attack on a network, but the network. */
const MAX_COUNT = 10_000;
/** A year: more is a mistake. */
const LONGEST_MS = 365 * 86_400_000;
/** Below this a host vanishes before it has joined. */
const SHORTEST_SESSION_MS = 1_000;

const part = { type: "number", minimum: 0, maximum: 1 };
const time = { type: "number", minimum: 0, maximum: LONGEST_MS };
const rate = { type: "number", minimum: 0, maximum: 10_000 };
const sessionMs = { ...time, minimum: SHORTEST_SESSION_MS };
const capability = { type: "string", pattern: "^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*$", maxLength: 64 };
const schedule = { fromMs: time, untilMs: time, everyMs: { ...time, exclusiveMinimum: 0 }, lastsMs: time };
const count = { type: "integer", minimum: 1, maximum: MAX_COUNT };
const ownHosts = { count, oneSubnet: { type: "boolean" }, addresses: count };
const hosts = { share: part, ...ownHosts };

export const ADVERSARIES_SCHEMA = {
  type: "array",
  maxItems: 20,
  items: {
    ...oneOfKinds("adversary", {
      droppers: kind({}, { ...schedule, ...hosts }),
      liars: kind({}, { ...schedule, ...hosts, names: { enum: ["nobody", "dead", "misplaced"] } }),
      silent: kind({}, { ...schedule, ...hosts, rate: part }),
      hiders: kind({}, { ...schedule, ...hosts, how: { enum: ["hide", "truncate", "endless", "split"] }, capability }),
      "ground-ids": kind({}, { ...schedule, ...ownHosts, capability, key: { type: "string", pattern: "^[0-9a-f]{64}$" } }),
      poisoners: kind({ perSecond: rate }, { ...schedule, ...ownHosts, claim: { enum: ["nowhere", "victims"] }, sessionMs }),
      sybils: kind({ sessionMs }, { ...schedule, ...ownHosts }),
      "record-flood": kind(
        { capability, perSecond: rate },
        { ...schedule, ...hosts, publishers: { type: "integer", minimum: 1, maximum: 100_000 } },
      ),
      forgers: kind({ perSecond: rate }, { ...schedule, ...hosts }),
    }),
    oneOf: [{ required: ["share"] }, { required: ["count"] }],
    dependentRequired: { everyMs: ["lastsMs"], lastsMs: ["everyMs"], oneSubnet: ["count"], addresses: ["count"] },
  },
};
