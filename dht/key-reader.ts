import { type Contact, type NodeId, partBetween } from "../routing/index.ts";
import { type Bookmark, turned, UNREAD } from "./bookmark.ts";
import { capabilityKey, MAX_SPLIT } from "./capability-key.ts";
import { Descent } from "./descent.ts";
import { type Branch, Intake } from "./intake.ts";
import { type LookupResult, LookupRun } from "./lookup-run.ts";
import type { FindRecordsRequest, FindRecordsResponse, OverlayResponse } from "./messages.ts";
import { addCost, type FinderContext, leadsToAnybody, type Reading, withPeers } from "./reading.ts";
import { MAX_PER_ANSWER, type Page } from "./record-store.ts";
import { crowdedWithin, outermostShell, RegionWalk } from "./region.ts";
import { type Doubt, SecondLook } from "./second-look.ts";
import { SplitClaims } from "./split-claims.ts";
import { Stragglers } from "./stragglers.ts";

/** Walks to children under way at once: a name that is split deep is not to take all that its finder and the network have. */
const MAX_WALKS = 8;
/** Walks around a key at most, where ids stand nearer to it than chance puts them. */
const MAX_REGION_WALKS = 6;
/**
 * Reads all records of one name: walks to its key, and to the children where holders say that the key is split, reads every holder to its
 * end, and gives what is genuine and in force.
 */
export class KeyReader {
  readonly name: string;
  /** Records that the holder with most of them has, times the number of children: for comparing names, and never more than a claim. */
  estimate = 0;
  private readonly context: FinderContext;
  private readonly reading: Reading;
  private readonly walks = new Set<LookupRun | RegionWalk>(); // at most MAX_WALKS to keys, and one around each of those
  /** Keys by their split bits: the key itself, and at most MAX_KEYS children. */
  private readonly branches = new Map<string, Branch>();
  private readonly descent: Descent;
  /** What is left for later; at most a page for each holder, and the children. */
  private readonly postponed: (() => void)[] = [];
  private isHeldBack: boolean;
  private requestsOpen = 0;
  private readonly intake: Intake;

  constructor(context: FinderContext, reading: Reading) {
    const { runtime, peers } = context;
    this.context = withPeers(context, reading.tally.budget.listening(peers, runtime));
    this.intake = new Intake(context, reading);
    this.descent = new Descent(runtime, (bits) => leadsToAnybody(reading, bits));
    this.reading = reading;
    this.name = reading.name;
    this.isHeldBack = reading.extent === "first-pages";
  }

  start(): this {
    this.holding(() => this.visit(""));
    return this;
  }

  /** Whether there is nothing more than has been read. */
  get isWhole(): boolean {
    return this.postponed.length === 0;
  }

  /** Whether it waits for {@link goOn}. */
  get isPostponed(): boolean {
    return this.isHeldBack;
  }

  /** Reads what was left for later, if anything; `onDone` is called once more. */
  goOn(): void {
    this.isHeldBack = false;
    this.holding(() => {
      for (const task of this.postponed.splice(0)) task();
      this.goDeeper();
    });
  }

  /** The keys that were read, and who is responsible for each, nearest first. */
  *holders(): Generator<{ readonly key: NodeId; readonly holders: readonly Contact[] }> {
    for (const { key, look } of this.branches.values()) yield { key, holders: look.holders };
  }

  /** Ends it now. */
  stop(): void {
    if (this.intake.isOver) return;
    this.intake.isOver = true;
    for (const run of this.walks) run.stop(); // adds their cost
  }

  get isIdle(): boolean {
    return this.walks.size === 0 && this.requestsOpen === 0 && this.descent.isOver;
  }

  /** Begins several things of which the first may be done, where there is nobody to ask, before the last is begun. */
  private holding(begin: () => void): void {
    this.requestsOpen += 1;
    begin();
    this.requestsOpen -= 1;
    this.doneIfIdle();
  }

  private visit(bits: string): void {
    const { name, where, tally } = this.reading;
    // A name is looked up whatever others have cost: nobody is to hide one by what he says of another.
    if (bits !== "" && !tally.budget.takesKey()) {
      tally.complete = false;
      return;
    }
    const { swarm } = this.context;
    const key = capabilityKey(swarm, name, bits);
    const stragglers = new Stragglers(
      this.context.runtime,
      key,
      this.context.settings.k,
      (from, response) => this.onAnswer(branch, from, response, 0, UNREAD),
      () => this.onSettled(branch),
    );
    const claims = new SplitClaims(bits === "" ? undefined : this.branches.get(bits.slice(0, -1))?.claims);
    const branch: Branch = { key, bits, claims, members: new Set(), look: new SecondLook(where), stragglers };
    this.branches.set(bits, branch);
    tally.keys += 1;
    this.context.explanation?.visits(name, bits, key);
    this.readOwnStore(branch);
    if (!this.intake.isOver) this.walkTo(branch, crowdedWithin(this.context));
  }

  private walkTo(branch: Branch, endWithin: number): void {
    const { key, stragglers } = branch;
    const walker = this.reading.patient ? withPeers(this.context, stragglers.listening(this.context.peers)) : this.context;
    const run: LookupRun = new LookupRun(walker, {
      target: key,
      request: this.request(key, undefined),
      endWithin,
      onAnswer: (from, response, hop) => this.onAnswer(branch, from, response, hop, UNREAD),
      onLate: (from, response) => this.intake.takeLate(branch, from, response),
      onDone: (result) => {
        this.walks.delete(run);
        this.onWalked(branch, result);
      },
    });
    this.walks.add(run);
    run.start();
  }

  /**
   * Ids may have been ground next to the key: it is read where it should be without them as well. A node that takes the network for smaller
   * than it is suspects them in vain, so it is not read there alone.
   */
  private walkAround(branch: Branch): void {
    const { k } = this.context.settings;
    const members: Contact[] = []; // at most k
    const region: RegionWalk = new RegionWalk(this.context, {
      parts: [outermostShell(this.context, branch.key)],
      mostWalks: MAX_REGION_WALKS,
      onMember: (member, hop) => {
        branch.members.add(member.key);
        this.ask(member, this.request(branch.key, undefined), (outcome) => this.onAnswer(branch, member, outcome, hop, UNREAD));
        return members.push(member) < k ? "go-on" : "enough";
      },
      onDone: (requests, failed) => {
        this.walks.delete(region);
        addCost(this.reading.tally, { requests, relays: 0, failed, hops: 0 });
        branch.look.add(members);
        this.doneIfIdle();
      },
    });
    this.walks.add(region);
    region.start();
    if (!this.intake.isOver) this.walkTo(branch, 0);
  }

  private request(key: NodeId, after: string | undefined): FindRecordsRequest {
    const { pageSize: limit, where } = this.reading;
    return { kind: "find_records", key, limit, after, ...(where && { where }) };
  }

  /** This node may itself be among the nearest to the key. */
  private readOwnStore(branch: Branch): void {
    const { store, runtime } = this.context;
    const { key, bits } = branch;
    const { pageSize } = this.reading;
    let page: Page = store.page(key, pageSize, undefined, runtime.wallClock());
    for (;;) {
      this.intake.take(branch, page.records, undefined, 0);
      if (page.split > bits.length) this.orLater(() => this.descent.below(bits));
      if (this.intake.isOver || page.more === undefined) return;
      page = store.page(key, pageSize, page.more, runtime.wallClock());
    }
  }

  private onAnswer(branch: Branch, from: Contact, response: OverlayResponse, hop: number, read: Bookmark): "enough" | "go-on" {
    if (response.kind !== "find_records") return "go-on";
    const upTo = this.intake.take(branch, response.records, from, hop);
    this.estimate = Math.max(this.estimate, (response.held ?? 0) * 2 ** Math.min(response.split, MAX_SPLIT));
    if (response.split > branch.bits.length) branch.claims.claim(from, this.isNear(branch, from));
    this.maybeSplit(branch);
    if (!this.intake.isOver && response.more !== undefined) {
      const next = turned(read, upTo);
      if (next !== undefined) this.orLater(() => this.readOn(branch, from, response, hop, next));
      else this.reading.tally.complete = false;
    }
    return this.intake.isOver ? "enough" : "go-on";
  }

  private orLater(task: () => void): void {
    if (this.isHeldBack) this.postponed.push(task);
    else task();
  }

  /** Whether somebody is probably among the nearest to a key, as far as that is known before the walk has ended. */
  private isNear({ key, members }: Branch, { id, key: from }: Contact): boolean {
    const { membership, settings } = this.context;
    return members.has(from) || partBetween(key, id) * membership.size.estimate.nodes <= settings.k;
  }

  private maybeSplit({ claims, bits }: Branch): void {
    if (!claims.areBelieved(this.context.settings.k)) return;
    this.orLater(() => this.descent.below(bits));
    this.goDeeper();
  }

  private goDeeper(): void {
    while (!this.intake.isOver && this.walks.size < MAX_WALKS && !this.descent.isOver) this.visit(this.descent.next() as string);
  }

  /** Asks a holder for its next page. */
  private readOn(branch: Branch, from: Contact, response: FindRecordsResponse, hop: number, read: Bookmark): void {
    if (this.intake.isOver) return;
    this.ask(from, this.request(branch.key, response.more), (outcome) => this.onAnswer(branch, from, outcome, hop, read));
  }

  private ask(holder: Contact, request: FindRecordsRequest, onAnswer: (outcome: OverlayResponse) => void): void {
    const { peers, settings, membership } = this.context;
    const { tally } = this.reading;
    this.requestsOpen += 1;
    tally.requests += 1;
    peers.request(holder, request, settings.requestTimeoutMs, (outcome) => {
      this.requestsOpen -= 1;
      if (outcome.kind === "failed") membership.failed(holder, outcome);
      if (this.intake.isOver) return;
      if (outcome.kind === "failed") {
        tally.failed += 1;
        tally.complete = false;
      } else onAnswer(outcome);
      this.doneIfIdle();
    });
  }

  private onWalked(branch: Branch, result: LookupResult): void {
    branch.claims.walked(result.closest);
    this.maybeSplit(branch);
    this.goDeeper(); // one walk less is under way
    branch.look.add(result.closest);
    addCost(this.reading.tally, result);
    if (result.crowded && !this.intake.isOver) {
      this.walkAround(branch);
      return;
    }
    if (this.reading.patient) this.awaitStragglers(branch, result);
    else if (!result.complete) this.reading.tally.complete = false;
    this.doneIfIdle();
  }

  private awaitStragglers({ stragglers }: Branch, result: LookupResult): void {
    stragglers.begin(result);
    if (stragglers.isWaiting && !this.intake.isOver) this.requestsOpen += 1;
    else if (!stragglers.isComplete) this.reading.tally.complete = false;
  }

  /** The last of those that were waited for has answered, or has failed. */
  private onSettled({ stragglers }: Branch): void {
    if (this.intake.isOver) return;
    const { tally } = this.reading;
    this.requestsOpen -= 1;
    tally.failed += stragglers.failures;
    if (!stragglers.isComplete) tally.complete = false;
    this.doneIfIdle();
  }

  private doneIfIdle(): void {
    if (this.intake.isOver || !this.isIdle) return;
    if (!this.isHeldBack) this.lookAgain();
    if (this.isIdle) this.reading.onDone();
  }

  private lookAgain(): void {
    for (const branch of this.branches.values())
      for (const doubt of branch.look.begin(this.reading.isNewest)) this.resolve(branch, doubt, undefined, UNREAD);
  }

  /**
   * Asks to the end: whoever has much under the key could otherwise stand before another's newer record, so that an older one of that seems
   * to be in force.
   */
  private resolve(branch: Branch, doubt: Doubt, after: string | undefined, read: Bookmark): void {
    const { holder, where } = doubt;
    this.ask(holder, { kind: "find_records", key: branch.key, limit: MAX_PER_ANSWER, after, where }, (outcome) => {
      const isAnswer = outcome.kind === "find_records";
      const next = isAnswer && turned(read, this.intake.take(branch, outcome.records, holder, 0));
      if (this.intake.isOver || (isAnswer && outcome.more === undefined)) return;
      if (!isAnswer || !next) this.reading.tally.complete = false;
      else this.resolve(branch, doubt, outcome.more, next);
    });
  }
}
