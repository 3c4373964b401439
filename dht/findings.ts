import type { Contact } from "../routing/index.ts";
import { isCapabilityName } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { type Clause, foundBy, type Known, verdictOf } from "./query/index.ts";
import { MAX_PER_PUBLISHER } from "./record-store.ts";

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

/** Everything heard of one agent, by capability; withdrawals too, so that they win. At most MAX_PER_PUBLISHER. */
type Agent = Map<string, Heard>;

/** What came of a record that was heard. */
export interface Change {
  /** Matches that are new or have a newer record. */
  readonly told: readonly Match[];
  /** Matches that are none any more. */
  readonly gone: readonly Match[];
}

/** What came of an answer. */
export interface Kept extends Change {
  /** Records whose place a newer one has taken. */
  readonly replaced: number;
  /** Records that were not taken in, since their publisher has as many as one may have. */
  readonly leftOut: readonly CapabilityRecord[];
}

const NO_CHANGE: Change = { told: [], gone: [] };

/**
 * What has been heard, agent by agent, and which of it a query finds. Of each publisher and capability only the newest counts; every
 * condition is checked on the signed record, whatever its holder had sorted out.
 *
 * What is found of an agent can depend on all that it has, so each look at it costs as much as it has records. One key pair signs any
 * number of them: so they are bounded, and looked at once for each answer, not for each record.
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

  /** Takes in the records of one answer. */
  keep(heard: readonly Heard[]): Kept {
    const touched = new Set<Agent>(); // at most one for each that was heard
    const leftOut: CapabilityRecord[] = []; // the same
    let replaced = 0;
    for (const one of heard) {
      const agent: Agent = this.agents.get(one.record.publisherKey) ?? new Map();
      const outcome = putInto(agent, one);
      if (outcome === "leftOut") leftOut.push(one.record);
      if (outcome === "replaced") replaced += 1;
      if (outcome !== "new" && outcome !== "replaced") continue;
      this.agents.set(one.record.publisherKey, agent);
      touched.add(agent);
    }
    return { ...this.assessAll(touched), replaced, leftOut };
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
    for (const name of names) this.settled.add(name);
    return this.assessAll(this.agents.values());
  }

  /** Names on which it depends whether agents are found, with the ids of those agents. */
  open(): Map<string, Uint8Array[]> {
    const open = new Map<string, Uint8Array[]>(); // by name
    for (const agent of this.agents.values()) {
      const [first] = agent.values();
      const id = first?.record.publisher as Uint8Array;
      for (const name of this.openNamesOf(agent)) {
        const ids = open.get(name);
        if (ids === undefined) open.set(name, [id]);
        else ids.push(id);
      }
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

  private assessAll(agents: Iterable<Agent>): Change {
    const told: Match[] = [];
    const gone: Match[] = [];
    for (const agent of agents) {
      const change = this.assess(agent);
      told.push(...change.told);
      gone.push(...change.gone);
    }
    return { told, gone };
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
      if (before !== undefined && isSame(before, heard, also)) continue;
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

function putInto(agent: Agent, heard: Heard): "new" | "known" | "replaced" | "leftOut" {
  const { capability, seq } = heard.record;
  const before = agent.get(capability);
  if (before !== undefined && before.record.seq >= seq) return "known";
  if (before === undefined && agent.size >= MAX_PER_PUBLISHER) return "leftOut";
  agent.set(capability, heard);
  return before === undefined ? "new" : "replaced";
}

function isSame({ record, also: before }: Match, heard: Heard, also: readonly CapabilityRecord[]): boolean {
  return record === heard.record && before.length === also.length && before.every((other, n) => other === also[n]);
}
