import { DEFAULT_SETTINGS, type OverlaySettings } from "../../dht/index.ts";
import type { AdversarySpec } from "../adversaries/adversary-spec.ts";
import type { ChurnSpec } from "../engine/churn/churn-spec.ts";
import type { HostsSpec } from "../engine/hosts/host-spec.ts";
import type { LatencySpec } from "../engine/latency/latency-spec.ts";
import type { FaultSpec } from "../faults/fault-spec.ts";

/** How much of a node is real: `overlay`, routing/ and dht/; `node`, everything but the socket. */
export type Level = "overlay" | "node";

/** What is done to the network while it is measured. Rates are a virtual second, in the whole network. */
export interface Load {
  /** Names that the agents share out among themselves, one each. */
  readonly capabilities: number;
  /** How uneven: the n-th name is chosen in proportion to 1 / n^zipf, by those that offer it and by those that search. 0: all alike. */
  readonly zipf: number;
  /** Part of the agents that offer the first name, whatever the others do: a name that everybody has. */
  readonly hot: number;
  /** Names that each agent offers. */
  readonly offersEach: number;
  /** Names that one more agent offers, each of them alone: a gateway to others. They are beside the `capabilities`. */
  readonly bulkOffers: number;
  readonly lookupsPerSecond: number;
  readonly findsPerSecond: number;
  /** Members that publish another capability, or the same again. */
  readonly publishesPerSecond: number;
  /** Random queries; members then offer random things for them besides. */
  readonly queriesPerSecond: number;
  /** Members that each watch who offers one of the names. */
  readonly watches: number;
  /** Matches wanted of a search. */
  readonly findLimit: number;
}

/** A figure to reach, by its path in the figures: `lookups.recall`, `finds.latencyMs.p99`. */
export type Target = { readonly figure: string } & ({ readonly atLeast: number } | { readonly atMost: number });

/** Newcomers at once, one after the other at even distances: so many, or a share of the scenario's `nodes` (1: as many again). */
export type Arrival = {
  /** Since the measured part began. */
  readonly atMs: number;
  /** The last one comes before this has passed. Default: all come at the same moment. */
  readonly withinMs?: number;
} & ({ readonly nodes: number } | { readonly share: number });

/** A world and what happens in it: plain data, the same for both levels. All times in ms. */
export interface Scenario {
  readonly name: string;
  /** One sentence, for lists. */
  readonly about: string;
  readonly level: Level;
  /** One seed, one history. */
  readonly seed: number;
  /** Nodes in the network, kept constant but for arrivals: whoever leaves is replaced by a newcomer. */
  readonly nodes: number;
  /** The first nodes of all: through two of them, or all there are, everybody joins. They stay when others leave. */
  readonly bootstraps: number;
  /** A newcomer comes this often while the network grows. */
  readonly growthMs: number;
  /** How long the grown network is left alone before anything is measured. */
  readonly settleMs: number;
  /** Measured time. */
  readonly durationMs: number;
  readonly latency: LatencySpec;
  /** What hosts are like. */
  readonly hosts: HostsSpec;
  readonly links: {
    /** Links that a node keeps to others. */
    readonly max: number;
    /** A link on which nothing has passed for this long is closed. 0: every request dials. */
    readonly idleMs: number;
  };
  /** How long nodes stay; null: nobody leaves. */
  readonly churn: ChurnSpec | null;
  readonly faults: readonly FaultSpec[];
  /** Who does not keep to the protocol, and how. */
  readonly adversaries: readonly AdversarySpec[];
  /** Who comes in crowds. They stay, or leave and are replaced, as everybody else. */
  readonly arrivals: readonly Arrival[];
  readonly load: Load;
  /** Settings of every node's overlay, where they differ from the default. */
  readonly overlay: Partial<OverlaySettings>;
  readonly targets: readonly Target[];
}

/** A time as people write it: "90s", "1.5h". */
export type TimeText = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** The same data with times as numbers of ms or as text: those are the fields whose name ends with `Ms`. */
export type Timed<T> = { readonly [field in keyof T]: field extends `${string}Ms` ? T[field] | TimeText : Timed<T[field]> };

/** A part of a scenario: the rest is as in {@link DEFAULT_SCENARIO}. Times in ms. */
export type PartialScenario = { readonly [field in keyof Omit<Scenario, "load" | "links">]?: Scenario[field] } & {
  readonly load?: Partial<Load>;
  readonly links?: Partial<Scenario["links"]>;
};

/** A scenario as users write it: what is left out is as in {@link DEFAULT_SCENARIO}; times are ms or text such as "90s", "1h". */
export type ScenarioInput = Timed<PartialScenario>;

/** A scenario in a file of its own: gives it back as it is, and lets an editor know what may be in it. */
export function defineScenario(scenario: ScenarioInput): ScenarioInput {
  return scenario;
}

/** Links of real nodes are closed by whoever dialled them after half of the idle time: see src/limits.ts. */
const IDLE_MS = 60_000;
/** Links dialled and kept: the bound of the real pool. */
const MAX_LINKS = 512;

export const DEFAULT_SCENARIO: Scenario = {
  name: "custom",
  about: "",
  level: "overlay",
  seed: 1,
  nodes: 1_000,
  bootstraps: 3,
  growthMs: 100,
  settleMs: DEFAULT_SETTINGS.freshForMs,
  durationMs: 3_600_000,
  latency: { model: "regions" },
  hosts: {},
  links: { max: MAX_LINKS, idleMs: IDLE_MS },
  churn: null,
  faults: [],
  adversaries: [],
  arrivals: [],
  load: {
    capabilities: 50,
    zipf: 0,
    hot: 0,
    offersEach: 1,
    bulkOffers: 0,
    lookupsPerSecond: 0.5,
    findsPerSecond: 0.5,
    publishesPerSecond: 0,
    queriesPerSecond: 0,
    watches: 0,
    findLimit: 100,
  },
  overlay: {},
  targets: [],
};
