import type { Runtime, Timer } from "../dht/index.ts";

/** How often this is looked at, ms: whoever is called dials back at once, so by then somebody has, if anybody can. */
const LOOK_MS = 90_000;
/** Of so many looks one finds the addresses named again, or nobody would ever try them: a port may have been opened. */
const RETRY_LOOKS = 10;

/**
 * Whether others can dial this node, as far as they show it by doing so. A node behind NAT that named its addresses all the same would have
 * everybody dial in vain, and offer what nobody can reach: it is a client until somebody has dialled back.
 */
export class Reachability {
  private readonly runtime: Runtime;
  private readonly hasPeers: () => boolean;
  private readonly onChange: (isNamed: boolean) => void;
  private timer: Timer | undefined;
  private looksInVain = 0;
  private isNamed = true;

  /** @param onChange told when this node is to begin or to cease naming its addresses. Alone, it is nobody's fault that nobody calls. */
  constructor(runtime: Runtime, hasPeers: () => boolean, onChange: (isNamed: boolean) => void) {
    this.runtime = runtime;
    this.hasPeers = hasPeers;
    this.onChange = onChange;
  }

  start(): void {
    this.timer = this.runtime.schedule(LOOK_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** Somebody has dialled this node: it can be reached, and there is nothing more to find out. */
  dialledIn(): void {
    this.stop();
    this.name(true);
  }

  private look(): void {
    if (!this.hasPeers()) return;
    this.looksInVain += 1;
    this.name(this.looksInVain % RETRY_LOOKS === 0);
  }

  private name(isNamed: boolean): void {
    if (this.isNamed === isNamed) return;
    this.isNamed = isNamed;
    this.onChange(isNamed);
  }
}
