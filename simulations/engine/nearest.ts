import { compareDistance, type NodeId } from "../../routing/index.ts";

/** The `count` nearest to a target, nearest first, by comparing all. */
export function nearestOf<T extends { readonly id: NodeId }>(all: Iterable<T>, target: NodeId, count: number): T[] {
  const nearest: T[] = []; // at most count
  for (const one of all) {
    const last = nearest[count - 1];
    if (last !== undefined && compareDistance(target, one.id, last.id) > 0) continue;
    let at = nearest.length;
    while (at > 0 && compareDistance(target, one.id, (nearest[at - 1] as T).id) < 0) at -= 1;
    nearest.splice(at, 0, one);
    if (nearest.length > count) nearest.pop();
  }
  return nearest;
}
