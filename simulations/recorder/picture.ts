import type { NodeId } from "../../routing/index.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { SimNode } from "../engine/world.ts";
import type { Picture, PicturedLookup } from "../recording.ts";
import type { Walk } from "./walk.ts";

const MAX_NODES = 400;
const MAX_EDGES = 4_000;

/** The overlay as it is now, or an even part of it, and the last lookup. */
export function pictureOf(oracle: Oracle, walk: Walk | undefined): Picture {
  const chosen = new Map<string, SimNode>(); // at most MAX_NODES, and those of the walk
  const all = [...oracle.live, ...oracle.adversaries];
  const every = Math.max(1, Math.ceil(all.length / MAX_NODES));
  for (let n = 0; n < all.length; n += every) {
    const node = all[n] as SimNode;
    chosen.set(node.contact.key, node);
  }
  const asked = new Set([walk?.asker.contact.key, ...(walk?.requests.map(({ to }) => to) ?? [])]);
  for (const node of all) if (asked.has(node.contact.key)) chosen.set(node.contact.key, node);
  const nodes = [...chosen.values()];
  const indexOf = new Map(nodes.map((node, index) => [node.contact.key, index]));
  return {
    nodes: nodes.map((node) => ({ at: fractionOf(node.id), kind: node.host.kind, place: node.placeName })),
    edges: edgesBetween(nodes, indexOf),
    lookup: walk && lookupOf(walk, indexOf),
  };
}

/** An id as a fraction of the id space. */
function fractionOf(id: NodeId): number {
  return ((id[0] as number) * 2 ** 16 + (id[1] as number) * 2 ** 8 + (id[2] as number)) / 2 ** 24;
}

function edgesBetween(nodes: readonly SimNode[], indexOf: ReadonlyMap<string, number>): (readonly [number, number])[] {
  const all: (readonly [number, number])[] = []; // thinned below
  for (const [from, node] of nodes.entries())
    for (const { key } of node.contacts()) {
      const to = indexOf.get(key);
      if (to !== undefined) all.push([from, to]);
    }
  const every = Math.max(1, Math.ceil(all.length / MAX_EDGES));
  return all.filter((_, n) => n % every === 0);
}

function lookupOf({ asker, target, requests, result }: Walk, indexOf: ReadonlyMap<string, number>): PicturedLookup | undefined {
  const from = indexOf.get(asker.contact.key);
  if (from === undefined) return undefined;
  const drawn = requests.flatMap(({ to, sentMs, endedMs, outcome, sharedBits }) => {
    const index = indexOf.get(to);
    return index === undefined ? [] : [{ to: index, sentMs, endedMs, outcome, sharedBits, inResult: result.has(to) }];
  });
  return { target: fractionOf(target), from, requests: drawn };
}
