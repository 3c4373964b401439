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

/** How near to a key its k nearest may be, as a part of how near they should be, before those who search look elsewhere … */
const CROWDED_FOR_FINDERS = 1 / 2;
/**
 * … and before those who publish tell others, too: they do it sooner, so that nobody looks elsewhere in vain. One honest key in 50 is so
 * near.
 */
const CROWDED_FOR_PUBLISHERS = 0.6;
/** Shells of a region that publishers store in: all of it but the innermost sixteenth. */
const PUBLISHED_SHELLS = 4;

/**
 * Keys under attack. Whoever wants to censor a key grinds ids next to it, until they are all that a walk ends with (Sridhar et al., NDSS
 * 2024). So where the k nearest stand much nearer to a key than chance puts them, by the size of the network, records are stored and
 * read where they would be without them: in the region of the key, the smallest subtree around it that should hold k nodes. It is walked to
 * in shells: the half of it that is farther from the key, the farther half of the rest, and so on. There is nothing to detect and no one to
 * exclude: ids in the way only add holders.
 *
 * Nobody knows the size exactly. Publishers take the region for as large, finders for as small as it may be: what the latter read is within
 * what the former have stored.
 */
export function crowdedWithin({ membership, settings: { k } }: Walker): number {
  const { nodes, error } = membership.size.estimate;
  return nodes <= k ? 0 : (CROWDED_FOR_FINDERS * k) / (nodes * (1 + error));
}

/** Whether a publisher should store in the whole region of a key. */
export function isCrowded({ membership, settings: { k } }: Walker, key: NodeId, closest: readonly Contact[]): boolean {
  const { nodes } = membership.size.estimate;
  const last = closest[k - 1];
  return last !== undefined && nodes > k && partBetween(key, last.id) < (CROWDED_FOR_PUBLISHERS * k) / nodes;
}

/** Where a publisher stores, if the key is crowded: all shells at once. */
export function publishedShells({ membership, settings: { k } }: Walker, key: NodeId): Part[] {
  const { nodes, error } = membership.size.estimate;
  const depth = depthFor(nodes * (1 - error), k);
  return Array.from({ length: PUBLISHED_SHELLS }, (_, n) => ({ of: key, bit: depth + n }));
}

/** Where a finder reads, if the key is crowded: the outermost shell alone holds about half of the k, and each of them holds everything. */
export function outermostShell({ membership, settings: { k } }: Walker, key: NodeId): Part {
  const { nodes, error } = membership.size.estimate;
  return { of: key, bit: depthFor(nodes * (1 + error), k) };
}

function depthFor(nodes: number, k: number): number {
  return Math.max(0, Math.floor(Math.log2(nodes / k)));
}
