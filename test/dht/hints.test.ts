import { describe, expect, test } from "vitest";
import type { Contact } from "../../routing/index.ts";
import { nearestMembers } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";

const SECOND = 1_000;

/** Sixty members that know each other, and how often each member was pinged since. */
function grown(seed: number): { network: MemoryNetwork; members: Member[]; pinged: (member: Member) => number; hints: () => number } {
  const network = new MemoryNetwork(seed);
  const members = network.grow(60);
  network.clock.advance(10 * SECOND);
  const pings = new Map<string, number>();
  let hints = 0;
  network.onSent = ({ to, request }) => {
    if (request.kind === "ping") pings.set(to.key, (pings.get(to.key) ?? 0) + 1);
    if (request.kind === "hint") hints += 1;
  };
  return { network, members, pinged: ({ contact }) => pings.get(contact.key) ?? 0, hints: () => hints };
}

function lookUp(network: MemoryNetwork, member: Member, target: Uint8Array): void {
  let isDone = false;
  member.overlay.lookup(target, () => (isDone = true));
  network.clock.until(() => isDone);
}

function countNaming(members: readonly Member[], { contact }: Member): number {
  return members.filter((member) => member.overlay.membership.table.isHealthy(contact)).length;
}

function hint(member: Member, node: Contact, from: Uint8Array | undefined): boolean {
  const answer = member.overlay.handle({ id: from, claimed: undefined }, { kind: "hint", node: node.id });
  return answer.kind === "hint" && answer.checks;
}

describe("Whoever runs into a member that is gone", () => {
  test("tells some of those who named it, and once they have seen for themselves they name it no more", () => {
    const { network, members, hints } = grown(1);
    const dead = at(members, 30);
    network.kill(dead);
    const others = members.filter((member) => member !== dead);
    const before = countNaming(others, dead);
    const finder = at(nearestMembers(network, dead.contact.id, 60), -1);
    lookUp(network, finder, dead.contact.id);
    network.clock.advance(11 * SECOND);
    expect(hints()).toBeGreaterThanOrEqual(2);
    expect(hints()).toBeLessThanOrEqual(3);
    expect(countNaming(others, dead)).toBeLessThanOrEqual(before - 3);
  });

  test("tells nobody of one that refuses, since that one is there", () => {
    const { network, members, hints } = grown(2);
    const grumpy = at(members, 30);
    network.delay(grumpy, 400);
    network.lie(grumpy, () => ({ kind: "failed", reason: "refused", message: "no" }));
    lookUp(network, at(members, 5), grumpy.contact.id);
    network.clock.advance(11 * SECOND);
    expect(hints()).toBe(0);
  });
});

describe("A hint", () => {
  test("about one that is there costs it a ping, and not its seat", () => {
    const { network, members, pinged } = grown(3);
    const [receiver, accused, liar] = [at(members, 1), at(members, 2), at(members, 3)];
    expect(hint(receiver, accused.contact, liar.contact.id)).toBe(true);
    network.clock.advance(10 * SECOND);
    expect(pinged(accused)).toBe(1);
    expect(receiver.overlay.membership.table.isHealthy(accused.contact)).toBe(true);
  });

  test("about a stranger, about whoever is being pinged, or from nobody in particular is not looked into", () => {
    const { members, pinged } = grown(4);
    const [receiver, accused, liar] = [at(members, 1), at(members, 2), at(members, 3)];
    expect(hint(receiver, { ...accused.contact, id: new Uint8Array(32) }, liar.contact.id)).toBe(false);
    expect(hint(receiver, accused.contact, undefined)).toBe(false);
    expect(hint(receiver, accused.contact, liar.contact.id)).toBe(true);
    expect(hint(receiver, accused.contact, liar.contact.id)).toBe(false);
    expect(pinged(accused)).toBe(1);
  });

  test("is one of a few that are looked into in a second, however many come", () => {
    const { network, members } = grown(5);
    const receiver = at(members, 1);
    let taken = 0;
    for (let second = 0; second < 20; second++) {
      for (const member of members.slice(2)) if (hint(receiver, member.contact, at(members, 0).contact.id)) taken += 1;
      network.clock.advance(SECOND);
    }
    expect(taken).toBeGreaterThan(40);
    expect(taken).toBeLessThanOrEqual(4 * 22);
  });
});
