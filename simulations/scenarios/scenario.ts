import { DEFAULT_SETTINGS, type OverlaySettings } from "../../dht/index.ts";
import { SynapseError } from "../../routing/index.ts";
import type { OperationFigures } from "../engine/statistics.ts";

/** How much of a node is real: `overlay`, routing/ and dht/; `node`, everything but the socket. */
export type Level = "overlay" | "node";

export interface ScenarioOptions {
  readonly level: Level;
  /** One seed, one history. */
  readonly seed: number;
  /** Nodes in the network, kept constant: whoever dies is replaced by a newcomer. */
  readonly nodes: number;
  /** Measured virtual time, ms, after the network has grown and settled. */
  readonly durationMs: number;
  /** Mean session of a node, ms, exponentially distributed; undefined for no churn. */
  readonly churnMs: number | undefined;
  /** Names that the agents share out among themselves at random, one each. */
  readonly capabilities: number;
  /** Lookups of random ids, and searches for random capabilities, a virtual second, in the whole network. */
  readonly lookupsPerSecond: number;
  readonly findsPerSecond: number;
  /** Settings of every node's overlay, where they differ from the default. */
  readonly overlay?: Partial<OverlaySettings>;
}

export const DEFAULT_SCENARIO: ScenarioOptions = {
  level: "overlay",
  seed: 1,
  nodes: 1_000,
  durationMs: 3_600_000,
  churnMs: undefined,
  capabilities: 50,
  lookupsPerSecond: 0.5,
  findsPerSecond: 0.5,
};

/** Nodes that one process simulates at most: bytes a node times this is the memory of a large machine. */
const MAX_NODES = 1_000_000;
/** Below this a node dies before it has joined. */
const SHORTEST_SESSION_MS = 10_000;

export interface Figures {
  readonly scenario: string;
  readonly level: Level;
  readonly seed: number;
  readonly nodes: number;
  /** SHA-256 over every event of the run. */
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly wallMs: number;
  /** Messages delivered. */
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly bytesPerNodeSecond: number;
  readonly rssBytes: number;
  readonly deaths: number;
  readonly lookups: OperationFigures;
  readonly finds: OperationFigures;
  readonly joins: OperationFigures;
  /** Exceptions that nobody caught. A run with any is a failed run. */
  readonly faults: readonly string[];
}

/** Told what is going on, and how much of it is done: nodes, or virtual ms. */
export type Progress = (phase: string, done: number, of: number) => void;

/** @throws SynapseError `bad_options` naming the option. */
export function checkOptions(options: ScenarioOptions): ScenarioOptions {
  const { nodes, seed, durationMs, churnMs, capabilities, lookupsPerSecond, findsPerSecond } = options;
  if (!Number.isInteger(nodes) || nodes < 2 || nodes > MAX_NODES) throw bad(`nodes must be a whole number from 2 to ${MAX_NODES}`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw bad("seed must be a whole number from 0");
  if (!(durationMs >= 0)) throw bad("duration must not be negative");
  if (churnMs !== undefined && !(churnMs >= SHORTEST_SESSION_MS))
    throw bad(`churn must be a mean session of at least ${SHORTEST_SESSION_MS / 1000} s`);
  if (!Number.isInteger(capabilities) || capabilities < 1) throw bad("capabilities must be a whole number from 1");
  if (!(lookupsPerSecond >= 0) || !(findsPerSecond >= 0)) throw bad("rates must not be negative");
  return options;
}

/** How long a grown network is left alone before anything is measured: the longest pause of upkeep would be an hour, most is done in this. */
export const SETTLE_MS = DEFAULT_SETTINGS.freshForMs;

function bad(message: string): SynapseError {
  return new SynapseError("bad_options", message);
}
