import { type CapabilityClaim, type CapabilityRecord, capabilityKey, type Signer, signRecord } from "../../dht/index.ts";
import { K, type NodeId } from "../../routing/index.ts";
import { nearestOf } from "../engine/nearest.ts";
import { type SimNode, wallClockOf } from "../engine/world.ts";
import type { Plot } from "./scheme.ts";

const HOUR = 3_600_000;

/** A claim that an attacker makes up about an agent that does not exist. */
export function claimFor({ world, random }: Plot, capability: string, changes: Partial<CapabilityClaim> = {}): CapabilityClaim {
  const issued = Math.floor(wallClockOf(world));
  return {
    swarm: world.options.swarm,
    capability,
    addresses: ["tcp://203.0.113.1:1"],
    name: `agent ${random.integer(1_000_000)}`,
    role: "agent",
    description: "",
    version: "1.0.0",
    attributes: {},
    seq: issued,
    issued,
    expires: issued + 3 * HOUR,
    withdrawn: false,
    ...changes,
  };
}

export function made(
  plot: Plot,
  capability: string,
  changes: Partial<CapabilityClaim>,
  signer: Signer = newSigner(plot),
): CapabilityRecord {
  return signRecord(claimFor(plot, capability, changes), signer);
}

export function newSigner({ world, random }: Plot): Signer {
  return world.signerOf(random.bytes(32));
}

export function keyFor({ world }: Plot, capability: string): NodeId {
  return capabilityKey(world.options.swarm, capability);
}

/** Stores something at the members nearest to a key. */
export function storeNear({ oracle }: Plot, self: SimNode, key: NodeId, record: Uint8Array): void {
  for (const { contact } of nearestOf(oracle.live, key, K)) self.send(contact, { kind: "store", key, record }, () => undefined);
}
