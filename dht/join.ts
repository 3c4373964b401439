import { type Contact, SynapseError } from "../routing/index.ts";
import { fillBuckets } from "./bucket-fill.ts";
import { type LookupResult, LookupRun, type Walker } from "./lookup-run.ts";
import type { Failed, Timer } from "./ports.ts";

/** First pause before the bootstrap addresses are tried again, ms; it doubles up to the longest. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;
/** Rounds that do not count as failed because somebody was there and had no room: with growing pauses, about a quarter of an hour. */
const MAX_BUSY_ROUNDS = 20;
/** Pause before neighbours that were busy are asked again, ms, give or take half, and how often. */
const SECOND_LOOK_MS = 10_000;
const MAX_SECOND_LOOKS = 5;
/** Contacts of an earlier life that are tried in one round, beside the bootstrap addresses: some of them are gone. */
const KNOWN_AT_ONCE = 8;

export interface JoinReport {
  /** Bootstrap addresses that answered, and contacts of an earlier life. */
  readonly bootstraps: number;
  /** Contacts in the routing table afterwards. */
  readonly contacts: number;
  readonly requests: number;
  /** Requests one after the other on the way to the nearest neighbour. */
  readonly hops: number;
  readonly ms: number;
}

export interface JoinOptions {
  /** Addresses of nodes that are in the network already; one that answers is enough. */
  readonly bootstrap: readonly string[];
  /** Contacts of an earlier life, tried as well: see {@link takeSnapshot}. */
  readonly known: readonly Contact[];
  /** Rounds of trying before `onFailed`, or one where all are in another swarm; trying goes on in the background. */
  readonly attempts: number;
  /** Called each time that it is in: again after {@link Join.again}. */
  readonly onJoined: (report: JoinReport) => void;
  /** Called once when `attempts` rounds have found nobody. A later success still calls `onJoined`. */
  readonly onFailed: (error: SynapseError) => void;
}

/**
 * Enters a network (Kademlia, section 2.3): contacts the bootstrap addresses, looks its own id up among them, which makes it known to
 * its neighbours, and then fills the buckets farther away. Keeps trying with growing pauses until somebody answers.
 */
export class Join {
  private readonly walker: Walker;
  private readonly options: JoinOptions;
  private readonly startedAt: number;
  private round = 0;
  /** Rounds of these in which somebody was busy. */
  private busyRounds = 0;
  private isBusy = false;
  private faults: string[] = []; // of the last round: one for each that was tried
  private foreign: SynapseError[] = []; // likewise, of those in another swarm
  private isTold = false;
  private retry: Timer | undefined;
  private filling: { stop(): void } | undefined;
  private stopped = false;
  private isIn = false;

  constructor(walker: Walker, options: JoinOptions) {
    this.walker = walker;
    this.options = options;
    this.startedAt = walker.runtime.now();
  }

  start(): this {
    this.tryAll();
    return this;
  }

  stop(): void {
    this.stopped = true;
    this.retry?.cancel();
    this.filling?.stop();
  }

  /** The same way in once more, for a node that was in and has lost everybody since; nothing when it is on its way already. */
  again(): void {
    if (this.stopped || !this.isIn) return;
    this.isIn = false;
    this.round = this.options.attempts + this.busyRounds;
    this.isTold = true; // nobody is told that it has failed, who has been told that it has not
    this.tryAll();
  }

  private tryAll(): void {
    this.round += 1;
    this.faults = [];
    this.foreign = [];
    this.isBusy = false;
    const { bootstrap } = this.options;
    const { peers, settings } = this.walker;
    const known = this.knownInTurn();
    let open = bootstrap.length + known.length;
    let answered = 0;
    const heard = (name: string, outcome: Contact | Failed) => {
      if (this.stopped) return;
      open -= 1;
      if ("kind" in outcome) {
        this.faults.push(`${name}: ${outcome.message}`);
        this.isBusy ||= outcome.isBusy === true;
        if (outcome.foreign !== undefined) this.foreign.push(outcome.foreign);
      } else {
        answered += 1;
        this.walker.membership.addVerified(outcome);
      }
      if (open > 0) return;
      if (answered > 0) this.lookUpSelf(answered);
      else this.tryLater();
    };
    for (const address of bootstrap) peers.contactAt(address, settings.requestTimeoutMs, (outcome) => heard(address, outcome));
    for (const contact of known)
      peers.verify(contact, settings.requestTimeoutMs, (outcome) => heard(contact.addresses[0] as string, outcome));
  }

  /** The best of those known before first, and in each round others. */
  private knownInTurn(): readonly Contact[] {
    const { known } = this.options;
    const rounds = Math.ceil(known.length / KNOWN_AT_ONCE);
    const from = KNOWN_AT_ONCE * ((this.round - 1) % Math.max(1, rounds));
    return known.slice(from, from + KNOWN_AT_ONCE);
  }

  private tryLater(): void {
    if (this.isBusy && this.busyRounds < MAX_BUSY_ROUNDS) this.busyRounds += 1;
    else if (!this.isTold && (this.areAllForeign || this.round - this.busyRounds >= this.options.attempts)) {
      this.isTold = true;
      this.options.onFailed(this.failure());
    }
    const { runtime } = this.walker;
    const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.round - 1, 16));
    this.retry = runtime.schedule(pause * (0.5 + runtime.random()), () => this.tryAll());
  }

  /** Then there is nothing to wait for: a swarm is a name that somebody has chosen. */
  private get areAllForeign(): boolean {
    return this.foreign.length > 0 && this.foreign.length === this.faults.length;
  }

  private failure(): SynapseError {
    const said = this.faults.join("; ");
    const [foreign] = this.foreign;
    if (foreign !== undefined && this.areAllForeign)
      return new SynapseError("wrong_swarm", said, { hint: foreign.hint ?? "give both the same swarm", cause: foreign });
    const many = this.options.bootstrap.length > 1;
    return new SynapseError("unreachable", `no bootstrap address answered: ${said}`, {
      hint: `is a node running at ${many ? "one of these addresses" : "that address"}, and in the same swarm?`,
      retryable: true,
    });
  }

  private lookUpSelf(bootstraps: number): void {
    const { membership, runtime } = this.walker;
    this.walkToSelf(({ closest, requests, hops }, wasBusy) => {
      if (closest.length === 0) {
        this.faults.push("who was reached does not answer lookups");
        this.tryLater();
        return;
      }
      this.isIn = true;
      this.fillBuckets();
      if (wasBusy) this.lookAgain(MAX_SECOND_LOOKS);
      this.options.onJoined({ bootstraps, contacts: membership.table.size, requests, hops, ms: runtime.now() - this.startedAt });
    });
  }

  /** Those who had too much to do have named a few of their contacts only: they are asked for the others when the storm may be over. */
  private lookAgain(left: number): void {
    if (left === 0) return;
    const { runtime } = this.walker;
    this.retry = runtime.schedule(SECOND_LOOK_MS * (0.5 + runtime.random()), () =>
      this.walkToSelf((_, wasBusy) => {
        this.fillBuckets();
        if (wasBusy) this.lookAgain(left - 1);
      }),
    );
  }

  private fillBuckets(): void {
    this.filling?.stop();
    this.filling = fillBuckets(this.walker);
  }

  private walkToSelf(onDone: (result: LookupResult, wasBusy: boolean) => void): void {
    const { self } = this.walker.membership.table;
    let wasBusy = false;
    new LookupRun(this.walker, {
      target: self,
      request: { kind: "find_node", target: self },
      onAnswer: (_, response) => {
        wasBusy ||= response.kind === "find_node" && response.busy === true;
        return "go-on";
      },
      onDone: (result) => {
        if (!this.stopped) onDone(result, wasBusy);
      },
    }).start();
  }
}
