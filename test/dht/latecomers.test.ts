import { describe, expect, test } from "vitest";
import { capabilityKey, failed } from "../../dht/index.ts";
import { K } from "../../routing/index.ts";
import { publish } from "../support/asking.ts";
import { nearestMembers } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { type Lie, type Member, MemoryNetwork } from "../support/memory-network.ts";
import { offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");
const WITNESSES = 4;

interface Scene {
  readonly network: MemoryNetwork;
  readonly holders: readonly Member[];
  readonly publisher: Member;
}

function scene(seed: number): Scene {
  const network = new MemoryNetwork(seed);
  network.grow(60);
  network.clock.advance(10_000);
  return { network, holders: nearestMembers(network, KEY, K), publisher: at(nearestMembers(network, KEY, 60), -1) };
}

/** How many requests to find nodes a publish sends, and how many of these once everybody has been asked to store. */
function looksOf({ network, publisher }: Scene): { walk: number; after: number } {
  let [walk, after, stores] = [0, 0, 0];
  network.onSent = ({ from, request }) => {
    if (from.key !== publisher.contact.key) return;
    if (request.kind === "store") stores += 1;
    else if (request.kind === "find_node" && stores >= K) after += 1;
    else walk += 1;
  };
  publish(network, publisher, offerOf("work"));
  network.clock.advance(10_000);
  network.onSent = undefined;
  return { walk, after };
}

/** Changes what a holder answers once it holds something: a walk before that is not disturbed. */
function whenHolding(scene: Scene, member: Member, lie: Lie): void {
  scene.network.lie(member, (request, honest) => (member.overlay.store.size > 0 ? lie(request, honest) : honest()));
}

describe("After a publish", () => {
  test("four of the nearest are asked who has come since, and where nobody has, that is all", () => {
    const { walk, after } = looksOf(scene(1));
    expect(walk).toBeLessThanOrEqual(40);
    expect(after).toBe(WITNESSES);
  });

  test.each<[string, Lie]>([
    ["does not answer", (request, honest) => (request.kind === "find_node" ? "silence" : honest())],
    ["refuses", (request, honest) => (request.kind === "find_node" ? failed("refused", "no") : honest())],
    [
      "has too much to do",
      (_, honest) => {
        const answer = honest();
        return answer.kind === "find_node" ? { ...answer, contacts: answer.contacts.slice(0, 4), busy: true } : answer;
      },
    ],
    [
      "names somebody new",
      (request, honest) => (request.kind === "find_node" ? { kind: "find_node", contacts: [STRANGER.contact] } : honest()),
    ],
  ])("where one of them %s, all is walked to once more", (_, lie) => {
    const world = scene(2);
    whenHolding(world, at(world.holders, 0), lie);
    expect(looksOf(world).after).toBeGreaterThan(WITNESSES + K / 2);
  });
});

/** Nearer to the key than anybody, though nobody is there. */
const STRANGER = { contact: nearest() };

function nearest() {
  const network = new MemoryNetwork(9);
  const members = Array.from({ length: 500 }, (_, n) => network.add(5_000 + n));
  const [first] = nearestMembers(network, KEY, members.length);
  return (first as Member).contact;
}
