import type { Contact } from "../routing/index.ts";
import { isCapabilityName } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { type Clause, foundBy, type Known, verdictOf } from "./query/index.ts";

/** One agent that was found: its signed record, and how it was heard of. */
export interface Match {
  readonly record: CapabilityRecord;
  /** Records of further capabilities that the query asks for at the same agent. */
  readonly also: readonly CapabilityRecord[];
  /** Who gave it first; undefined when it was in this node's own store. */
  readonly from: Contact | undefined;
  /** Requests on the path to whoever gave it. */
  readonly hop: number;
  /** Milliseconds after the search began. */
  readonly ms: number;
  /** Where matches were put in order by it: how long a ping takes there, ms. */
  readonly roundTripMs?: number;
}

/** A record, and how it was heard of. */
export type Heard = Omit<Match, "also" | "roundTripMs">;

/** Everything heard of one agent, by capability; withdrawals too, so that they win. */
type Agent = Map<string, Heard>;

/** What came of a record that was heard. */
export interface Change {
  /** Matches that are new or have a newer record. */
  readonly told: readonly Match[];
  /** Matches that are none any more. */
  readonly gone: readonly Match[];
}

const NO_CHANGE: Change = { told: [], gone: [] };

/**
 * What has been heard, agent by agent, and which of it a query finds. Of each publisher and capability only the newest counts; every
 * condition is checked on the signed record, whatever its holder had sorted out.
 */
export class Findings {
  private readonly clauses: readonly Clause[];
  private readonly agents = new Map<string, Agent>(); // by publisher; at most what one search reads
  private readonly matching = new Map<string, Match>(); // by entry
  /** Names of which all has been heard that matters. */
  private readonly settled = new Set<string>(); // at most the names of a query

  constructor(clauses: readonly Clause[]) {
    this.clauses = clauses;
  }

  /** In the order in which they were heard of. */
  get matches(): Match[] {
    return [...this.matching.values()];
  }

  get size(): number {
    return this.matching.size;
  }

  /** Whether a record is the newest of its entry. */
  isNewest(record: CapabilityRecord): boolean {
    return this.agents.get(record.publisherKey)?.get(record.capability)?.record === record;
  }

  /** The newest that is known in the place of a record. */
  newest({ publisherKey, capability }: CapabilityRecord): CapabilityRecord | undefined {
    return this.agents.get(publisherKey)?.get(capability)?.record;
  }

  keep(heard: Heard): Change {
    const { publisherKey, capability, seq } = heard.record;
    const agent: Agent = this.agents.get(publisherKey) ?? new Map();
    if ((agent.get(capability)?.record.seq ?? -1) >= seq) return NO_CHANGE;
    agent.set(capability, heard);
    this.agents.set(publisherKey, agent);
    return this.assess(agent);
  }

  /** Forgets a record whose time is over. */
  drop(record: CapabilityRecord): Change {
    const agent = this.agents.get(record.publisherKey);
    if (agent === undefined || !this.isNewest(record)) return NO_CHANGE;
    agent.delete(record.capability);
    const gone = this.matching.get(record.entry);
    this.matching.delete(record.entry);
    const change = this.assess(agent);
    if (agent.size === 0) this.agents.delete(record.publisherKey);
    return gone === undefined ? change : { ...change, gone: [gone, ...change.gone] };
  }

  /** There is nothing more to be heard under a name that would matter. */
  settle(names: Iterable<string>): Change {
    const told: Match[] = [];
    const gone: Match[] = [];
    for (const name of names) this.settled.add(name);
    for (const agent of this.agents.values()) {
      const change = this.assess(agent);
      told.push(...change.told);
      gone.push(...change.gone);
    }
    return { told, gone };
  }

  /** From now on everything may change again. */
  unsettle(): void {
    this.settled.clear();
  }

  /** Names on which it depends whether agents are found, with the ids of those agents. */
  open(): Map<string, Uint8Array[]> {
    const open = new Map<string, Uint8Array[]>(); // by name
    for (const agent of this.agents.values()) {
      const [first] = agent.values();
      const id = first?.record.publisher as Uint8Array;
      for (const name of this.openNamesOf(agent)) open.set(name, [...(open.get(name) ?? []), id]);
    }
    return open;
  }

  /** Every record that is in force and that the query does not find, with all that its agent has. */
  *misses(): Generator<{ readonly record: CapabilityRecord; readonly known: Known }> {
    for (const agent of this.agents.values()) {
      const known = this.knownOf(agent);
      for (const record of known.records) if (!this.matching.has(record.entry)) yield { record, known };
    }
  }

  /** All records that are known, withdrawals among them. */
  *records(): Generator<CapabilityRecord> {
    for (const agent of this.agents.values()) for (const { record } of agent.values()) yield record;
  }

  private openNamesOf(agent: Agent): Set<string> {
    const names = new Set<string>();
    const known = this.knownOf(agent);
    for (const clause of this.clauses) {
      const verdict = verdictOf(clause, known);
      if (verdict.kind === "open") for (const name of verdict.names) names.add(name);
    }
    return names;
  }

  private assess(agent: Agent): Change {
    const found = foundBy(this.clauses, this.knownOf(agent));
    const told: Match[] = [];
    const gone: Match[] = [];
    for (const heard of agent.values()) {
      const { entry } = heard.record;
      const before = this.matching.get(entry);
      const also = found.get(heard.record);
      if (also === undefined) {
        if (before !== undefined) gone.push(before);
        this.matching.delete(entry);
        continue;
      }
      const match = { ...heard, also };
      this.matching.set(entry, match);
      if (before?.record !== heard.record) told.push(match);
    }
    return { told, gone };
  }

  private knownOf(agent: Agent): Known {
    const records: CapabilityRecord[] = [];
    for (const { record } of agent.values()) if (!record.withdrawn) records.push(record);
    return { records, isSettled: this.isSettled };
  }

  /** What can be nobody's capability is settled from the beginning. */
  private readonly isSettled = (name: string): boolean => this.settled.has(name) || !isCapabilityName(name);
}
