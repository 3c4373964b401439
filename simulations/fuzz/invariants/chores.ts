import type { OverlayRequest } from "../../../dht/index.ts";
import { commonPrefixLength, ID_BITS } from "../../../routing/index.ts";
import type { VirtualClock } from "../../engine/clock.ts";
import type { Inside } from "../../engine/observer.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/** A bucket is due within an interval, and one is looked after at a time. */
const REFRESHED_WITHIN = 2.2;
/** The sweep comes by once in an interval, and passes over what was stored less than half an interval ago. */
const REPUBLISHED_WITHIN = 1.55;
/** Four walks and their stores, in a network where hardly anybody answers, ms. */
const SLOWEST_PUBLISH_MS = 150_000;

/** Sees to it that what should happen by itself does. */
export class Chores {
  /** Since when each bucket of a life has been waiting for a walk, ms; at most 256. */
  private readonly waiting = new WeakMap<Inside, number[]>();
  private readonly clock: VirtualClock;
  private readonly report: Report;

  constructor(clock: VirtualClock, report: Report) {
    this.clock = clock;
    this.report = report;
  }

  onSent(asker: SimNode, request: OverlayRequest): void {
    if (request.kind !== "find_node") return;
    const bucket = commonPrefixLength(asker.id, request.target);
    if (bucket < ID_BITS) this.waitingOf(asker)[bucket] = this.clock.now;
  }

  check(node: SimNode): void {
    this.checkRefreshes(node);
    this.checkPublished(node);
  }

  private checkRefreshes(node: SimNode): void {
    const { membership, settings } = node.inside;
    const { now } = this.clock;
    const waiting = this.waitingOf(node);
    if (membership.table.closest(node.id, 1).length === 0) waiting.length = 0; // a walk that has nobody to ask cannot be seen
    for (let index = 0; index < membership.table.depth; index++) {
      const isFull = membership.table.bucket(index)?.isFull ?? false;
      const since = isFull ? now : (waiting[index] ?? now);
      waiting[index] = since;
      if (now - since > REFRESHED_WITHIN * settings.refreshIntervalMs)
        this.report("refreshed", node, `no walk into bucket ${index} of ${membership.table.depth} for ${Math.round(now - since)} ms`);
    }
    waiting.length = Math.min(waiting.length, membership.table.depth);
  }

  private checkPublished(node: SimNode): void {
    const { published, settings, runtime } = node.inside;
    const oldest = runtime.wallClock() - REPUBLISHED_WITHIN * settings.republishIntervalMs - SLOWEST_PUBLISH_MS;
    for (const { capability, issued } of published)
      if (issued < oldest) this.report("republished", node, `${capability} was signed ${Math.round(runtime.wallClock() - issued)} ms ago`);
  }

  private waitingOf({ inside }: SimNode): number[] {
    const waiting = this.waiting.get(inside) ?? [];
    this.waiting.set(inside, waiting);
    return waiting;
  }
}
