/** Links that are closed are forgotten at least this often, ms. */
const SWEEP_MS = 60_000;
/** No moment of virtual time. */
const CLOSED = -1;

/** One link, shared by the sets of both its ends: what either does with it is seen by the other. */
export class SharedLink {
  // Whole ms: a million links are kept at once, and fractions would double what each takes. But a set-up of less than one, as on one
  // machine, would be several times as long then.
  /** When its set-up ends. Whoever asks for it before waits until then, as callers of the real pool share one dial. */
  readonly readyAt: number;
  private lastUsed: number;

  constructor(now: number, setupMs: number) {
    this.readyAt = setupMs < 1 ? now + setupMs : Math.ceil(now + setupMs);
    this.lastUsed = Math.floor(now);
  }

  /** Orders links by when they were last used. */
  get usedAt(): number {
    return this.lastUsed;
  }

  /** A message was sent or has arrived, whichever way it goes. What is closed stays closed. */
  use(now: number): void {
    if (this.lastUsed !== CLOSED) this.lastUsed = Math.floor(now);
  }

  /** @param idleMs it is closed when nothing has passed for so long. */
  isOpen(now: number, idleMs: number): boolean {
    return (this.lastUsed !== CLOSED && now - this.lastUsed < idleMs) || now < this.readyAt;
  }

  close(): void {
    this.lastUsed = CLOSED;
  }
}

/**
 * Links of one node by the other end's index: those it dialled, or those dialled to it. At most `max`; when there would be more, the one
 * used longest ago is closed.
 */
export class LinkSet {
  private readonly max: number;
  private readonly idleMs: number;
  private readonly byPeer = new Map<number, SharedLink>(); // at most max
  private sweptAt = 0;

  /** @param idleMs a link is closed when nothing has passed for so long. */
  constructor(max: number, idleMs: number) {
    this.max = max;
    this.idleMs = idleMs;
  }

  /** The link to a peer, if it is open. */
  get(peer: number, now: number): SharedLink | undefined {
    const link = this.byPeer.get(peer);
    return link?.isOpen(now, this.idleMs) ? link : undefined;
  }

  set(peer: number, link: SharedLink, now: number): void {
    // Closed links cost nothing but memory, so they are swept out now and then, not one by one.
    if (this.byPeer.size >= this.max || now - this.sweptAt >= SWEEP_MS) this.sweep(now);
    if (this.byPeer.size >= this.max && !this.byPeer.has(peer)) this.evict();
    this.byPeer.set(peer, link);
  }

  clear(): void {
    this.byPeer.clear();
  }

  private sweep(now: number): void {
    this.sweptAt = now;
    for (const [peer, link] of this.byPeer) if (!link.isOpen(now, this.idleMs)) this.byPeer.delete(peer);
  }

  private evict(): void {
    let oldest: [number, SharedLink] | undefined;
    for (const entry of this.byPeer) if (oldest === undefined || entry[1].usedAt < oldest[1].usedAt) oldest = entry;
    if (oldest === undefined) return;
    oldest[1].close();
    this.byPeer.delete(oldest[0]);
  }
}
