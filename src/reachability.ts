import type { Overlay, Runtime, Timer } from "../dht/index.ts";
import { makeContact } from "../routing/index.ts";
import { formatAddress, isPrivate, parseAddress, shortAddress } from "./address.ts";
import type { RpcCore } from "./rpc/core.ts";

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

/**
 * Has a node name its addresses to others, and in its records, only as long as somebody seems to reach it there. Nothing where it has none.
 */
export function watchReachability(core: RpcCore, overlay: Overlay, log: (line: string) => void): Reachability | undefined {
  const { runtime, addresses, identity } = core;
  if (addresses.length === 0) return undefined;
  const isLocal = (address: string) => isPrivate(parseAddress(address).host);
  const isAtHome = addresses.some(isLocal);
  const reachability = new Reachability(
    runtime,
    () => overlay.membership.table.size > 0,
    (isNamed) => {
      core.namesAddresses = isNamed;
      overlay.self = makeContact(identity.nodeId, isNamed ? addresses : []);
      if (!isNamed) log(unreachedLine(core));
    },
  );
  // A caller on this machine or in its network proves nothing about an address that is to be dialled from outside.
  core.onDialledIn = (remoteAddress) => {
    if (isAtHome || !isLocal(remoteAddress)) reachability.dialledIn();
  };
  core.namesAddresses = true;
  reachability.start();
  return reachability;
}

/** What is the matter, and what may help. */
export function unreachedLine({ addresses, observedHost, port }: Pick<RpcCore, "addresses" | "observedHost" | "port">): string {
  const line = `nobody has dialled ${addresses.join(", ")}: this node finds and asks, and cannot be found`;
  const host = observedHost.agreed;
  if (host === undefined) return line;
  if (addresses.some((address) => parseAddress(address).host === host)) return `${line}; does a firewall keep port ${port} closed?`;
  const address = shortAddress(formatAddress({ host, port }));
  return `${line}; others see it at ${host}: if port ${port} leads to it from there, announce ${address}`;
}
