import { describe, expect, test } from "vitest";
import { capabilityKey, type FindResult } from "../../dht/index.ts";
import { K } from "../../routing/index.ts";
import { publish } from "../support/asking.ts";
import { heldBy, nearestMembers } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");
const NOT_HERE = { kind: "store", outcome: "busy", split: undefined, reason: undefined } as const;

/** A network in which one of the nearest to a key alone holds a record under it. */
function oneHolder(seed: number): { network: MemoryNetwork; holder: Member; finder: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(60);
  network.clock.advance(10_000);
  const members = nearestMembers(network, KEY, 60);
  const [holder, publisher, finder] = [at(members, 4), at(members, -1), at(members, -2)];
  for (const member of members)
    if (member !== holder) network.lie(member, (request, honest) => (request.kind === "store" ? NOT_HERE : honest()));
  publish(network, publisher, offerOf("work"));
  expect(members.filter((member) => heldBy(network, member, KEY, publisher) !== undefined)).toEqual([holder]);
  return { network, holder, finder };
}

function findAll(network: MemoryNetwork, member: Member): FindResult {
  let result: FindResult | undefined;
  member.overlay.find("work", { patient: true }, (found) => {
    result = found;
  });
  network.clock.until(() => result !== undefined);
  return result as FindResult;
}

describe("Whoever wants all", () => {
  test.each([1_500, 2_400])("hears out one that is late by %i ms, and has what it alone holds", (ms) => {
    const { network, holder, finder } = oneHolder(1);
    network.delay(holder, ms);
    const { matches, report } = findAll(network, finder);
    expect(matches).toHaveLength(1);
    expect(report.complete).toBe(true);
    expect(report.ms).toBeGreaterThan(ms);
  });

  test("waits two and a half seconds for those who never answer, and the search is complete by those who stand behind them", () => {
    const { network, finder } = oneHolder(2);
    for (const member of nearestMembers(network, KEY, K).slice(5, 9))
      network.lie(member, (request, honest) => (request.kind === "find_records" ? "silence" : honest()));
    const { matches, report } = findAll(network, finder);
    expect(matches).toHaveLength(1);
    expect(report).toMatchObject({ complete: true, failed: 4 });
    expect(report.ms).toBeGreaterThan(2_000);
    expect(report.ms).toBeLessThan(3_500);
  });
});
