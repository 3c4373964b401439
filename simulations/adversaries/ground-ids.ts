import { sha256 } from "@noble/hashes/sha2.js";
import { capabilityKey } from "../../dht/index.ts";
import { commonPrefixLength, compareDistance, type NodeId, nodeIdFromHex } from "../../routing/index.ts";
import { nearestOf } from "../engine/nearest.ts";
import { badSpec } from "../engine/spec-check.ts";
import type { Birth } from "../engine/world.ts";
import type { SpecOf } from "./adversary-spec.ts";
import { dropped } from "./droppers.ts";
import type { Plot, Scheme } from "./scheme.ts";

/** Whoever looks around the key, not only at it, is to see nobody else either: ids that share so many bits with it are about it, too. */
const NEIGHBOURHOOD_BITS = 4;
/** Key pairs that an attacker makes at most. Forty-five ids nearer than the nearest of a thousand take 45,000 on average. */
const MAX_TRIES = 300_000;

interface Ground {
  readonly id: NodeId;
  readonly seed: Uint8Array;
}

/**
 * Sybils next to a key, who hold its records and do not give them: how content in IPFS was censored with 45 ids (Sridhar et al., Content
 * Censorship in the InterPlanetary File System, NDSS 2024; before that, Steiner et al. 2007 in KAD).
 */
export function groundIds(plot: Plot, spec: SpecOf<"ground-ids">): Scheme {
  const key = keyOf(plot, spec);
  let ready: Ground[] = []; // at most count
  return {
    birth: (): Birth => {
      if (ready.length === 0) ready = grind(plot, key, spec.count);
      const next = ready.pop();
      return next === undefined ? {} : { seed: next.seed };
    },
    answer: (self, request, honest) => {
      const asked = "key" in request ? request.key : request.kind === "find_node" ? request.target : undefined;
      const isAboutKey = asked !== undefined && commonPrefixLength(asked, key) >= NEIGHBOURHOOD_BITS;
      return (isAboutKey ? dropped(plot, self, request) : undefined) ?? honest();
    },
  };
}

function keyOf({ world }: Plot, { capability, key }: SpecOf<"ground-ids">): NodeId {
  if (key !== undefined) return nodeIdFromHex(key);
  if (capability === undefined) throw badSpec("scenario.adversaries: ground-ids need a capability or a key to be next to");
  return capabilityKey(world.options.swarm, capability);
}

/** Makes key pairs until so many have ids nearer to the key than every member's, and gives the nearest. */
function grind(plot: Plot, key: NodeId, count: number): Ground[] {
  const [rival] = nearestOf(plot.oracle.live, key, 1);
  return nearestOf(
    tries(plot, (id) => rival === undefined || compareDistance(key, id, rival.id) < 0, count),
    key,
    count,
  );
}

function* tries({ world, random }: Plot, isNearer: (id: NodeId) => boolean, enough: number): Iterable<Ground> {
  let found = 0;
  for (let n = 0; n < MAX_TRIES && found < enough; n++) {
    const seed = random.bytes(32);
    const id = sha256(world.signerOf(seed).publicKey);
    if (isNearer(id)) found += 1;
    yield { id, seed };
  }
}
