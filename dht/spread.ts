import { type Contact, compareDistance, type NodeId } from "../routing/index.ts";
import { capabilityKey, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { LookupRun } from "./lookup-run.ts";
import type { StoreOutcome, StoreResponse } from "./messages.ts";
import type { Failed } from "./ports.ts";
import type { PublisherContext } from "./publisher.ts";

/** Walks to one key at most: only a network that grows faster than it can be walked needs more than two. */
const MAX_WALKS = 4;

/** What came of all requests of one publish. */
export interface Tally {
  readonly outcomes: Partial<Record<StoreOutcome | "failed", number>>;
  requests: number;
}

/**
 * Stores one record under one level of its name: walks to the key, and stores at the nearest. `until-settled` then walks again, until
 * a walk meets nobody new: whoever joins between walk and store is found by the next walk, whoever joins later by the holders (HandOver).
 */
export class Spread {
  private readonly context: PublisherContext;
  private readonly record: CapabilityRecord;
  private readonly level: string;
  private readonly times: "once" | "until-settled";
  private readonly tally: Tally;
  private readonly done: (holders: number) => void;
  /** By key; at most MAX_WALKS × k. */
  private readonly asked = new Set<string>();
  private depth = 0;
  private walks = 0;
  private holders = 0;

  constructor(
    context: PublisherContext,
    record: CapabilityRecord,
    level: string,
    times: "once" | "until-settled",
    tally: Tally,
    done: (holders: number) => void,
  ) {
    this.context = context;
    this.record = record;
    this.level = level;
    this.times = times;
    this.tally = tally;
    this.done = done;
  }

  start(): void {
    const key = capabilityKey(this.record.swarm, this.level, splitBitsOf(this.record.publisher, this.depth));
    this.walks += 1;
    new LookupRun(this.context, {
      target: key,
      request: { kind: "find_node", target: key },
      onDone: ({ closest, requests }) => {
        this.tally.requests += requests;
        if (this.walks === 1 && this.storeHere(key, closest)) this.holders += 1;
        const strangers = closest.filter((contact) => !this.asked.has(contact.key));
        if (strangers.length === 0) this.done(this.holders);
        else this.storeAt(key, strangers);
      },
    }).start();
  }

  private storeAt(key: NodeId, holders: readonly Contact[]): void {
    const { peers, settings } = this.context;
    const answers: (StoreResponse | Failed)[] = []; // one for each holder
    for (const contact of holders) {
      this.asked.add(contact.key);
      this.tally.requests += 1;
      peers.request(contact, { kind: "store", key, record: this.record.bytes }, settings.requestTimeoutMs, (outcome) => {
        const isAnswer = outcome.kind === "store" || outcome.kind === "failed";
        answers.push(isAnswer ? outcome : { kind: "failed", reason: "invalid", message: "not an answer to store" });
        if (answers.length === holders.length) this.onStored(answers);
      });
    }
  }

  private onStored(answers: readonly (StoreResponse | Failed)[]): void {
    const { outcomes } = this.tally;
    let full = 0;
    let split = 0;
    for (const answer of answers) {
      const name = answer.kind === "store" ? answer.outcome : "failed";
      outcomes[name] = (outcomes[name] ?? 0) + 1;
      if (name === "stored" || name === "unchanged") this.holders += 1;
      if (answer.kind !== "store" || name !== "full") continue;
      full += 1;
      split = Math.max(split, answer.split ?? 0);
    }
    // One holder that claims a split, out of malice or with a store of its own history, moves nobody.
    if (full > answers.length / 2 && split > this.depth && split <= MAX_SPLIT) this.goDeeper(split);
    else if (this.times === "until-settled" && this.walks < MAX_WALKS) this.start();
    else this.done(this.holders);
  }

  private goDeeper(depth: number): void {
    this.depth = depth;
    this.walks = 0;
    this.holders = 0;
    this.asked.clear();
    this.start();
  }

  /** This node may itself be among the nearest. */
  private storeHere(key: NodeId, nearest: readonly Contact[]): boolean {
    const { self, store, runtime, settings } = this.context;
    if (self.addresses.length === 0) return false; // nobody could come and read it
    const last = nearest[settings.k - 1];
    if (last !== undefined && compareDistance(key, self.id, last.id) > 0) return false;
    return store.put(key, this.record, runtime.wallClock()).outcome === "stored";
  }
}
