import { compareDistance, type NodeId } from "../../routing/index.ts";
import type { SimNode } from "./world.ts";

/** Knows what is true: who is alive and a member, and what each of them offers. Everything measured is measured against it. */
export class Oracle {
  private readonly members = new Map<SimNode, string | undefined>(); // the members alive, with the capability each has published

  get size(): number {
    return this.members.size;
  }

  joined(node: SimNode): void {
    this.members.set(node, undefined);
  }

  published(node: SimNode, capability: string): void {
    if (this.members.has(node)) this.members.set(node, capability);
  }

  died(node: SimNode): void {
    this.members.delete(node);
  }

  /** The members alive, in the order in which they joined. */
  get live(): SimNode[] {
    return [...this.members.keys()];
  }

  /** The `count` members nearest to a target, by comparing all of them. `except` is who asks: nobody looks itself up. */
  closest(target: NodeId, count: number, except: SimNode): SimNode[] {
    const nearest: SimNode[] = [];
    for (const node of this.members.keys()) {
      if (node === except) continue;
      const last = nearest[count - 1];
      if (last !== undefined && compareDistance(target, node.id, last.id) > 0) continue;
      let at = nearest.length;
      while (at > 0 && compareDistance(target, node.id, (nearest[at - 1] as SimNode).id) < 0) at -= 1;
      nearest.splice(at, 0, node);
      if (nearest.length > count) nearest.pop();
    }
    return nearest;
  }

  /** The members alive that have published a capability. */
  offering(capability: string): SimNode[] {
    return this.live.filter((node) => this.members.get(node) === capability);
  }
}
