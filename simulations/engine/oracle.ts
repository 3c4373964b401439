import { compareDistance, headOf, type NodeId } from "../../routing/index.ts";
import { nearestOf } from "./nearest.ts";
import type { RandomStream } from "./random.ts";
import type { SimNode } from "./world.ts";

/**
 * Knows what is true: who is alive and a member, and what each of them offers. Everything measured is measured against it. The members are
 * the honest ones: adversaries are known too, and are nobody's right answer.
 */
export class Oracle {
  /** The members alive, in no order that means anything. */
  private readonly members: SimNode[] = [];
  private readonly heads: number[] = []; // of their ids, in the same order
  private readonly places = new Map<SimNode, number>(); // where each stands in `members`
  private readonly offers = new Map<SimNode, string[]>(); // what each has published; at most one entry for a member, of as many as it offers
  private readonly offerers = new Map<string, Set<SimNode>>(); // the other way round; no empty set is kept
  private readonly others = new Set<SimNode>(); // the adversaries alive

  get size(): number {
    return this.members.length;
  }

  joined(node: SimNode): void {
    if (node.host.isAdversary) this.others.add(node);
    if (node.host.isAdversary || this.places.has(node)) return;
    this.places.set(node, this.members.length);
    this.members.push(node);
    this.heads.push(node.contact.head);
  }

  published(node: SimNode, capability: string): void {
    if (!this.places.has(node)) return;
    const own = this.offers.get(node) ?? [];
    if (own.includes(capability)) return;
    this.offers.set(node, [...own, capability]);
    const others = this.offerers.get(capability) ?? new Set();
    this.offerers.set(capability, others.add(node));
  }

  died(node: SimNode): void {
    this.others.delete(node);
    const place = this.places.get(node);
    if (place === undefined) return;
    const last = this.members.pop() as SimNode;
    const head = this.heads.pop() as number;
    if (last !== node) {
      this.members[place] = last;
      this.heads[place] = head;
      this.places.set(last, place);
    }
    this.places.delete(node);
    this.forgetOffers(node);
  }

  get live(): readonly SimNode[] {
    return this.members;
  }

  isLive(node: SimNode): boolean {
    return this.places.has(node);
  }

  /** Any member alive. */
  pick(random: RandomStream): SimNode {
    return random.pick(this.members);
  }

  /** In the order in which they were published. */
  offersOf(node: SimNode): readonly string[] {
    return this.offers.get(node) ?? [];
  }

  /** The adversaries that are alive. */
  get adversaries(): ReadonlySet<SimNode> {
    return this.others;
  }

  /**
   * What a perfect lookup finds of the members: those among the `count` nodes nearest to a target, adversaries taking their places in that
   * count; where they take all of them, the nearest member, who is then out of reach. Those that cannot be dialled are in nobody's table.
   * `except` is who asks: nobody looks itself up.
   */
  closest(target: NodeId, count: number, except: SimNode): SimNode[] {
    const nearest = this.nearestMembers(target, count, except);
    if (this.others.size === 0) return nearest;
    const members = nearestOf([...nearest, ...this.others], target, count).filter((node) => !node.host.isAdversary);
    return members.length > 0 ? members : nearest.slice(0, 1);
  }

  /** The `count` nodes nearest to a target, members and adversaries alike. */
  nearestOfAll(target: NodeId, count: number, except: SimNode): SimNode[] {
    return nearestOf([...this.nearestMembers(target, count, except), ...this.others], target, count);
  }

  private nearestMembers(target: NodeId, count: number, except: SimNode): SimNode[] {
    const nearest: SimNode[] = [];
    const targetHead = headOf(target);
    let farthest = Number.POSITIVE_INFINITY; // head of the distance of the last of them, once there are enough
    for (let n = 0; n < this.members.length; n++) {
      if (((this.heads[n] as number) ^ targetHead) >>> 0 > farthest) continue;
      const node = this.members[n] as SimNode;
      if (node === except || node.host.properties.isClient) continue;
      let at = nearest.length;
      while (at > 0 && compareDistance(target, node.id, (nearest[at - 1] as SimNode).id) < 0) at -= 1;
      nearest.splice(at, 0, node);
      if (nearest.length > count) nearest.pop();
      if (nearest.length === count) farthest = ((nearest[count - 1] as SimNode).contact.head ^ targetHead) >>> 0;
    }
    return nearest;
  }

  /** The members alive that have published a capability. */
  offering(capability: string): SimNode[] {
    return [...(this.offerers.get(capability) ?? [])];
  }

  private forgetOffers(node: SimNode): void {
    for (const capability of this.offersOf(node)) {
      const others = this.offerers.get(capability);
      others?.delete(node);
      if (others?.size === 0) this.offerers.delete(capability);
    }
    this.offers.delete(node);
  }
}
