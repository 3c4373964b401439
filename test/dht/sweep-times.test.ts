import { describe, expect, test } from "vitest";
import { type CapabilityRecord, MAX_PER_PUBLISHER, MAX_PER_SUBNET } from "../../dht/index.ts";
import { SweepTimes } from "../../dht/sweep-times.ts";
import { claimOf, HOUR } from "../support/records.ts";
import { fillWith, keyOf, newStore, unsignedRecord } from "../support/store-records.ts";

const NOW = claimOf().issued;

/** A store in which one publisher has all that it may, and how often anybody has looked when a record of its runs out. */
function atABound() {
  const store = newStore();
  let looks = 0;
  for (let n = 0; n < MAX_PER_PUBLISHER; n++) {
    const { expires, ...rest } = unsignedRecord({ capability: `work-${n}` });
    const counting = {
      get: () => {
        looks += 1;
        return expires;
      },
    };
    const record: CapabilityRecord = Object.defineProperty({ ...rest, expires }, "expires", counting);
    expect(store.put(keyOf(record), record, NOW).outcome).toBe("stored");
  }
  looks = 0;
  const further = unsignedRecord({ capability: "further", expires: NOW + 2 * HOUR });
  const put = (now: number, record = further) => store.put(keyOf(record), record, now).outcome;
  return { store, put, looks: () => looks };
}

describe("A store at a bound", () => {
  test("looks at nothing that it holds before the first of it has run out, and then has room", () => {
    const { store, put, looks } = atABound();
    for (let n = 0; n < 100; n++) expect(put(NOW + HOUR - 1)).toBe("busy");
    expect(looks()).toBe(0);
    store.sweep(NOW + 1);
    expect(put(NOW + HOUR)).toBe("stored");
  });

  test("looks at all of it once a second at most, though somebody stores what runs out at once", () => {
    const { put, looks } = atABound();
    for (let ms = 0; ms < 1_000; ms++) {
      expect(put(NOW + ms, unsignedRecord({ capability: "short", seq: ms, expires: NOW + ms + 1 }, 2))).toBe("stored");
      expect(put(NOW + ms)).toBe("busy");
    }
    expect(looks()).toBeGreaterThanOrEqual(MAX_PER_PUBLISHER);
    expect(looks()).toBeLessThan(3 * MAX_PER_PUBLISHER);
    expect(put(NOW + HOUR)).toBe("stored");
  });

  test("that a subnet has filled takes more from there once that has run out", () => {
    const store = newStore();
    fillWith(store, MAX_PER_SUBNET, {}, NOW, 1, 7);
    const record = unsignedRecord({ capability: "further", expires: NOW + 2 * HOUR });
    expect(store.put(keyOf(record), record, NOW, 7).outcome).toBe("busy");
    expect(store.put(keyOf(record), record, NOW + HOUR, 7).outcome).toBe("stored");
  });
});

test("A sweep does not keep the next one waiting where the clock has been set back since", () => {
  const times = new SweepTimes();
  times.begin(NOW + HOUR);
  times.keeps(NOW + 1);
  expect([times.isDue(NOW), times.isDue(NOW + 1)]).toEqual([false, true]);
});
