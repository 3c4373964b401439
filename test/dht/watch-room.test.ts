import { describe, expect, test } from "vitest";
import type { CapabilityRecord } from "../../dht/index.ts";
import { MAX_ENTRIES, MAX_TOLD_PER_HOLDER, MAX_TOLD_PER_PUBLISHER, WatchRoom } from "../../dht/watch-room.ts";

/** All that is looked at of a record. */
function entryOf(n: number, publisher = `publisher ${n}`): CapabilityRecord {
  return { entry: `entry ${n}`, publisherKey: publisher } as CapabilityRecord;
}

function toldOf(room: WatchRoom, count: number, holder: string, first = 0): number {
  return Array.from({ length: count }, (_, n) => room.tell(entryOf(first + n), holder)).filter(Boolean).length;
}

describe("A watch has room", () => {
  test("for so much of what one holder alone tells of, and for others besides it", () => {
    const room = new WatchRoom();
    expect(toldOf(room, 1_000, "liar")).toBe(MAX_TOLD_PER_HOLDER);
    expect(toldOf(room, 1_000, "liar")).toBe(MAX_TOLD_PER_HOLDER); // of these, it has told before
    expect(toldOf(room, 100, "honest", 5_000)).toBe(100);
  });

  test("for so much of one publisher, whoever tells of it", () => {
    const room = new WatchRoom();
    const told = Array.from({ length: 100 }, (_, n) => room.tell(entryOf(n, "one"), `holder ${n}`));
    expect(told.filter(Boolean)).toHaveLength(MAX_TOLD_PER_PUBLISHER);
  });

  test("for all that a holder tells of and another gives, but not for what it gives itself", () => {
    const room = new WatchRoom();
    toldOf(room, MAX_TOLD_PER_HOLDER, "holder");
    for (let n = 0; n < 100; n++) room.read(entryOf(n), "holder");
    expect(room.tell(entryOf(9_000), "holder")).toBe(false);
    for (let n = 0; n < 100; n++) room.read(entryOf(n), "another");
    expect(toldOf(room, 200, "holder", 10_000)).toBe(100);
  });

  test("again once what was told has expired", () => {
    const room = new WatchRoom();
    toldOf(room, MAX_TOLD_PER_HOLDER, "holder");
    for (let n = 0; n < 10; n++) room.leave(entryOf(n));
    expect(toldOf(room, 20, "holder", 10_000)).toBe(10);
  });

  test("for as much as one search reads, however it was heard of, and for news of that", () => {
    const room = new WatchRoom();
    const read = Array.from({ length: MAX_ENTRIES + 10 }, (_, n) => room.read(entryOf(n), `holder ${n % 20}`));
    expect(read.filter(Boolean)).toHaveLength(MAX_ENTRIES);
    expect([room.tell(entryOf(MAX_ENTRIES + 20), "holder"), room.tell(entryOf(7), "holder"), room.read(entryOf(7), "holder")]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
