import { type Contact, commonPrefixLength, idInBucket, type NodeId, partBetween } from "../routing/index.ts";
import { LookupRun, type Walker } from "./lookup-run.ts";

/** A part of the id space: the ids that share just so many leading bits with an id, and not the next. Its buckets are such parts. */
export interface Part {
  readonly of: NodeId;
  readonly bit: number;
}

export interface RegionOptions {
  readonly parts: readonly Part[];
  /** Walks at most. Each gives about as many members as a bucket holds. */
  readonly mostWalks: number;
  /** Told of each node in any of the parts, once, when it answers. `"enough"` ends it all. */
  readonly onMember: (member: Contact, hop: number) => "enough" | "go-on";
  /** @param requests of all walks, @param failed how many of these. */
  readonly onDone: (requests: number, failed: number) => void;
}

/**
 * Walks to all nodes in some parts of the id space. A lookup gives the k nearest to its target: where these do not fill the part around
 * it, they are all there are. Where they do, what is left of the part is cut in halves, quarters … and walked to in turn, the largest
 * first. Targets are random within a part, so that nobody can stand nearest to them.
 */
export class RegionWalk {
  private readonly walker: Walker;
  private readonly options: RegionOptions;
  private readonly waiting: Part[]; // at most 256 for each walk
  private readonly runs = new Set<LookupRun>(); // at most one for each part that was given
  private readonly members = new Set<string>(); // by key; at most k for each walk
  private walks = 0;
  private requests = 0;
  private failed = 0;
  private ended = false;

  constructor(walker: Walker, options: RegionOptions) {
    this.walker = walker;
    this.options = options;
    this.waiting = [...options.parts];
  }

  start(): this {
    for (let n = this.options.parts.length; n > 0; n--) this.next();
    if (this.runs.size === 0) this.finish();
    return this;
  }

  stop(): void {
    if (this.ended) return;
    this.ended = true;
    for (const run of this.runs) run.stop();
    this.options.onDone(this.requests, this.failed);
  }

  private next(): void {
    const part = this.walks < this.options.mostWalks ? this.waiting.shift() : undefined;
    if (part === undefined || this.ended) return;
    this.walks += 1;
    const target = idInBucket(part.of, part.bit, this.walker.runtime.randomBytes(32));
    const run: LookupRun = new LookupRun(this.walker, {
      target,
      request: { kind: "find_node", target },
      onAnswer: (from, _, hop) => this.onAnswer(from, hop),
      onDone: ({ closest, requests, failed }) => {
        this.runs.delete(run);
        this.requests += requests;
        this.failed += failed;
        if (this.ended) return;
        this.divide(target, part.bit, closest);
        this.next();
        if (this.runs.size === 0) this.finish();
      },
    });
    this.runs.add(run);
    run.start();
  }

  private onAnswer(from: Contact, hop: number): "enough" | "go-on" {
    if (this.ended) return "enough";
    const isMember = this.options.parts.some(({ of, bit }) => commonPrefixLength(of, from.id) === bit);
    if (!isMember || this.members.has(from.key)) return "go-on";
    this.members.add(from.key);
    if (this.options.onMember(from, hop) === "go-on") return "go-on";
    this.stop();
    return "enough";
  }

  /** Where the k nearest are all within the part, those nearer than the last of them are known, and the rest is yet to be seen. */
  private divide(target: NodeId, bit: number, closest: readonly Contact[]): void {
    const last = closest[this.walker.settings.k - 1];
    const shared = last === undefined ? bit : commonPrefixLength(target, last.id);
    for (let further = bit + 1; further <= shared; further++) this.waiting.push({ of: target, bit: further });
  }

  private finish(): void {
    this.stop();
  }
}

/** Shells around a key that are walked to where its nearest stand too close: with these, three quarters of its region are known. */
const SHELLS = 2;

/**
 * How near to a key its k nearest may be before chance does not explain it, as a part of the id space: half as near as they should be by
 * the size of the network, however uncertain that is. Fewer than one honest key in 300 has them nearer.
 */
export function crowdedWithin({ membership, settings: { k } }: Walker): number {
  const { nodes, error } = membership.size.estimate;
  return nodes <= k ? 0 : k / (nodes * (1 + error)) / 2;
}

/** Whether the k nearest stand nearer to a key than chance puts them: whoever wants to censor it has ground ids next to it. */
export function isCrowded(walker: Walker, key: NodeId, closest: readonly Contact[]): boolean {
  const last = closest[walker.settings.k - 1];
  return last !== undefined && partBetween(key, last.id) < crowdedWithin(walker);
}

/**
 * Where the honest k nearest to a key are, whoever else stands nearer: in the smallest subtree around it that should hold so many, all but
 * the innermost quarter of it. Publishers store there and finders read there, whatever each makes of the size of the network: by a bit
 * more or less they still have most of it in common.
 */
export function shellsAround({ membership, settings: { k } }: Walker, key: NodeId, more = 0): Part[] {
  const depth = Math.max(0, Math.floor(Math.log2(membership.size.estimate.nodes / k)));
  return Array.from({ length: SHELLS + more }, (_, n) => ({ of: key, bit: depth + n }));
}
