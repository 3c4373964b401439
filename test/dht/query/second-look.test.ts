import { describe, expect, test } from "vitest";
import { type CapabilityRecord, capabilityKey, type FindResult, MAX_PER_ANSWER, type OverlayResponse } from "../../../dht/index.ts";
import { find } from "../../support/asking.ts";
import { nearestMembers, visitorOf } from "../../support/holders.ts";
import { type Member, MemoryNetwork } from "../../support/memory-network.ts";
import { recordOf, SWARM } from "../../support/records.ts";

const KEY = capabilityKey(SWARM, "work");
const VICTIM = 3_000;

/** Of a few publishers, the one whose records holders give first. */
function firstOf(numbers: readonly number[]): number {
  const keyOf = (number: number) => recordOf({}, number).publisherKey;
  return numbers.reduce((first, number) => (keyOf(number) < keyOf(first) ? number : first));
}

/**
 * Somebody has grown dear, and somebody else offers so much that it fills pages. All honest holders know, and keep silent since neither is
 * asked for; a liar gives what was cheap. The others of the 20 answer what they are asked about both as `answerOf` has it.
 */
function scene(answerOf: (honest: OverlayResponse, after: string | undefined) => OverlayResponse) {
  const network = new MemoryNetwork(1);
  network.grow(40);
  const issued = network.clock.wallClock();
  const flooder = firstOf(Array.from({ length: 20 }, (_, n) => 3_001 + n));
  const priced = (publisher: number, capability: string, price: number, seq: number): CapabilityRecord =>
    recordOf({ capability, name: `${publisher}`, attributes: { price }, seq, issued }, publisher);
  const dear = Array.from({ length: MAX_PER_ANSWER + 16 }, (_, n) => priced(flooder, `work/x${n + 100}`, 9, 1));
  const [liar, ...honest] = nearestMembers(network, KEY, 20) as [Member, ...Member[]];
  for (const { overlay } of honest) for (const record of [...dear, priced(VICTIM, "work", 9, 2)]) overlay.store.put(KEY, record, issued);
  const cheap = [priced(flooder, "work/x100", 1, 2), priced(VICTIM, "work", 1, 1)].map(({ bytes }) => bytes);
  network.lie(liar, (request, answer) =>
    request.kind === "find_records" ? { kind: "find_records", records: cheap, more: undefined, split: 0, contacts: [] } : answer(),
  );
  for (const holder of honest)
    network.lie(holder, (request, answer) => {
      const asksAboutBoth = request.kind === "find_records" && (request.where?.publishers.length ?? 0) > 0;
      return asksAboutBoth ? answerOf(answer(), request.after) : answer();
    });
  return find(network, visitorOf(network), "work price<5");
}

function names({ matches }: FindResult): string[] {
  return matches.map(({ record }) => record.name);
}

describe("Who is given by one holder and not by the others", () => {
  test("is asked about to the end, however much another has that comes first", () => {
    const result = scene((honest) => honest);
    expect(names(result)).not.toContain(`${VICTIM}`);
    expect(result.report.complete).toBe(true);
  });

  test.each<[string, (honest: OverlayResponse, after: string | undefined) => OverlayResponse]>([
    ["more is promised than is given", (honest) => ({ ...honest, records: [], more: "x" }) as OverlayResponse],
    ["the same page comes again", (honest, after) => (after === undefined ? { ...honest, more: "" } : honest) as OverlayResponse],
    ["there is another answer", () => ({ kind: "ping" })],
  ])("may be in force, and the search is not complete, where %s", (_, answerOf) => {
    expect(scene(answerOf).report.complete).toBe(false);
  });
});
