import { type Caller, capabilityKey, MAX_SPLIT, type OverlayRequest, type OverlayResponse } from "../../dht/index.ts";
import { toHex } from "../../routing/index.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import type { Birth, SimNode, World } from "../engine/world.ts";

/**
 * What those of one spec have in common. Attackers know everything: whatever an attack would have to find out first, they have found out.
 */
export interface Plot {
  readonly world: World;
  readonly oracle: Oracle;
  /** Of its own, so that an attack changes nobody else's chances. */
  readonly random: RandomStream;
  /** The hosts that are at work now. */
  readonly members: readonly SimNode[];
}

/** What one kind of adversary does. Whatever is left out is as honest nodes do it. */
export interface Scheme {
  /** What a host answers; undefined: nothing, ever. `honest` does and gives what it should. */
  answer?(self: SimNode, request: OverlayRequest, honest: () => OverlayResponse, caller: Caller): OverlayResponse | undefined;
  /** What a host does without being asked, `perSecond` times in all. */
  act?(self: SimNode): void;
  readonly perSecond?: number;
  /** What is special about the next host that is brought along, at this address; undefined: any. */
  birth?(): Birth;
  /** Whether hosts that are brought along join the network. Default true. */
  readonly joins?: boolean;
  /** How long such a host stays, on average, before another takes its place, ms. Default: to the end. */
  readonly sessionMs?: number;
}

/** The keys under which records of a name may stand, as hex: its own, and those of all its splits. */
export function keysOf(swarm: string, capability: string): ReadonlySet<string> {
  const keys = new Set<string>(); // 2^(MAX_SPLIT + 1) − 1
  for (let depth = 0; depth <= MAX_SPLIT; depth++)
    for (let n = 0; n < 2 ** depth; n++) {
      const bits = depth === 0 ? "" : n.toString(2).padStart(depth, "0");
      keys.add(toHex(capabilityKey(swarm, capability, bits)));
    }
  return keys;
}
