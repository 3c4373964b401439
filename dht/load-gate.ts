import type { Runtime } from "./ports.ts";

/** What may be saved up while it is quiet, in seconds' worth: newcomers that start together are no storm yet. */
const BURST_S = 2;

/**
 * Says how much of the work that comes in a node takes on: so much a second, and what was left over of the seconds before (a token bucket).
 */
export class LoadGate {
  private readonly runtime: Runtime;
  private readonly perSecond: number;
  private left: number;
  private countedAt: number;

  constructor(runtime: Runtime, perSecond: number) {
    this.runtime = runtime;
    this.perSecond = perSecond;
    this.left = perSecond * BURST_S;
    this.countedAt = runtime.now();
  }

  /** Whether one more piece of work is taken on now. @param cost as many pieces as it counts for. */
  admit(cost = 1): boolean {
    const now = this.runtime.now();
    this.left = Math.min(this.perSecond * BURST_S, this.left + ((now - this.countedAt) / 1_000) * this.perSecond);
    this.countedAt = now;
    if (this.left < cost) return false;
    this.left -= cost;
    return true;
  }
}
