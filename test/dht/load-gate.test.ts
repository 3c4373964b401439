import { expect, test } from "vitest";
import { DEFAULT_SETTINGS, type FindNodeResponse, failed } from "../../dht/index.ts";
import { LoadGate } from "../../dht/load-gate.ts";
import { K } from "../../routing/index.ts";
import { at, keysOf } from "../support/ids.ts";
import { MemoryNetwork } from "../support/memory-network.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

test("A gate lets so many through a second, and twice as many at once after a pause, however long that was", () => {
  const clock = new VirtualClock(1);
  const gate = new LoadGate(clock, 50);
  const admitted = (asked: number) => Array.from({ length: asked }, () => gate.admit()).filter(Boolean).length;
  expect(admitted(500)).toBe(100);
  clock.advance(1_000);
  expect(admitted(500)).toBe(50);
  let inTenSeconds = 0;
  for (let tick = 0; tick < 100; tick++) {
    clock.advance(100);
    inTenSeconds += admitted(7);
  }
  expect(inTenSeconds).toBe(500);
  clock.advance(3_600_000);
  expect(admitted(500)).toBe(100);
});

test("A node that has too much to do says so, gives the first few contacts of its answer, and dials nobody back", () => {
  const network = new MemoryNetwork(2);
  network.grow(60, { settings: { fullAnswersPerSecond: 10 } });
  network.clock.advance(60_000);
  const { overlay } = at(network.members, 0);
  const stranger = network.add(900).contact;
  const ask = () => overlay.handle({ id: stranger.id, claimed: stranger }, { kind: "find_node", target: stranger.id }) as FindNodeResponse;
  const answers = Array.from({ length: 30 }, ask);
  const full = answers.slice(0, 20);
  for (const { busy, contacts } of full) expect([busy, contacts.length]).toEqual([undefined, K]);
  let dialledBack = 0;
  network.onVerified = () => {
    dialledBack += 1;
  };
  for (const { busy, contacts } of [...answers.slice(20), ask()]) {
    expect(busy).toBe(true);
    expect(keysOf(contacts)).toEqual(keysOf(at(full, 0).contacts.slice(0, 4)));
  }
  expect(dialledBack).toBe(0);
});

test("Two hundred newcomers at once get in through a bootstrap node that can answer ten of them a second", () => {
  const network = new MemoryNetwork(3);
  const settings = { ...DEFAULT_SETTINGS, fullAnswersPerSecond: 10 };
  const [bootstrap] = network.grow(10, { settings });
  let joined = 0;
  for (let n = 0; n < 200; n++) {
    const { overlay } = network.add(1_000 + n, { settings });
    overlay.join(
      [bootstrap?.address ?? ""],
      () => (joined += 1),
      (error) => {
        throw error;
      },
    );
  }
  network.clock.advance(60_000);
  expect(joined).toBe(200);
  for (const { overlay } of network.members) expect(overlay.membership.table.size).toBeGreaterThanOrEqual(K);
});

test("A newcomer whom its bootstrap node has no room for waits with growing pauses, and has not failed", () => {
  const network = new MemoryNetwork(4);
  const [bootstrap] = network.grow(10);
  const { overlay } = network.add(900);
  const { contactAt } = overlay.peers;
  const tries: number[] = [];
  overlay.peers.contactAt = (_, __, done) => {
    tries.push(network.clock.now());
    network.clock.schedule(20, () => done({ ...failed("refused", "4096 connections are open"), isBusy: true }));
  };
  const outcomes: string[] = [];
  overlay.join(
    [bootstrap?.address ?? ""],
    () => outcomes.push("joined"),
    () => outcomes.push("failed"),
  );
  network.clock.advance(180_000);
  expect([outcomes, tries.length > 5, tries.length < 16]).toEqual([[], true, true]);
  overlay.peers.contactAt = contactAt;
  network.clock.advance(120_000);
  expect(outcomes).toEqual(["joined"]);
});
