import { describe, expect, test } from "vitest";
import { failed, type JoinReport } from "../../dht/index.ts";
import { K, type SynapseError } from "../../routing/index.ts";
import { at } from "../support/ids.ts";
import { LATENCY_MS, type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE } from "../support/records.ts";

const DEAD = ["mem://dead-1", "mem://dead-2", "mem://dead-3", "mem://dead-4"];
const ROUND_TRIP_MS = 2 * LATENCY_MS;

interface Joining {
  readonly reports: JoinReport[];
  readonly failures: SynapseError[];
  stop(): void;
}

function join(member: Member, bootstrap: readonly string[], attempts?: number): Joining {
  const reports: JoinReport[] = [];
  const failures: SynapseError[] = [];
  const joining = member.overlay.join(
    bootstrap,
    (report) => reports.push(report),
    (error) => failures.push(error),
    attempts === undefined ? {} : { attempts },
  );
  return { reports, failures, stop: () => joining.stop() };
}

/** The moments at which an address is dialled while time passes, ms. */
function dialsOf(network: MemoryNetwork, address: string, ms: number): number[] {
  const moments: number[] = [];
  network.onDialled = (dialled) => {
    if (dialled === address) moments.push(network.clock.now());
  };
  network.clock.advance(ms);
  network.onDialled = undefined;
  return moments;
}

function grown(seed: number, size: number): { network: MemoryNetwork; newcomer: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(size);
  network.clock.advance(10_000);
  return { network, newcomer: network.add(999) };
}

describe("A newcomer", () => {
  test("joins through the last of five addresses, the others being dead, in the first round", () => {
    const { network, newcomer } = grown(1, 30);
    const { reports, failures } = join(newcomer, [...DEAD, at(network.members, 5).address]);
    network.clock.until(() => reports.length === 1);
    expect(failures).toEqual([]);
    expect(at(reports, 0).bootstraps).toBe(1);
    expect(at(reports, 0).contacts).toBeGreaterThanOrEqual(K);
    expect(at(reports, 0).ms).toBeLessThan(newcomer.overlay.settings.requestTimeoutMs + 20 * ROUND_TRIP_MS);
  });

  test("is told how many answered, and what it took", () => {
    const { network, newcomer } = grown(2, 30);
    const before = network.messages;
    const { reports } = join(
      newcomer,
      network.members.slice(0, 3).map(({ address }) => address),
    );
    let sent = 0;
    network.onSent = ({ from }) => {
      if (from.key === newcomer.contact.key) sent += 1;
    };
    network.clock.until(() => reports.length === 1);
    const report = at(reports, 0);
    expect(report.bootstraps).toBe(3);
    expect(report.contacts).toBeLessThanOrEqual(30);
    expect(report.hops).toBeGreaterThanOrEqual(1);
    expect(report.requests).toBeLessThanOrEqual(30);
    expect(sent).toBeGreaterThanOrEqual(report.requests);
    expect(network.messages - before).toBeLessThan(150);
    expect(report.ms % ROUND_TRIP_MS).toBe(0);
  });

  test("that is given its own address alone finds nobody there, least of all itself", () => {
    const network = new MemoryNetwork(3);
    const alone = network.add(1);
    const { reports, failures } = join(alone, [alone.address]);
    network.clock.advance(HOUR);
    expect([failures.length, reports.length]).toEqual([1, 0]);
    expect([...alone.overlay.membership.table.contacts()]).toEqual([]);
    expect(network.messages).toBe(0);
  });

  test.each(["silence", failed("refused", "no")] as const)(
    "has not joined through one that can be reached but answers no lookup (%j)",
    (answer) => {
      const network = new MemoryNetwork(3);
      const mute = network.add(1);
      network.lie(mute, () => answer);
      const { reports, failures } = join(network.add(2), [mute.address], 2);
      network.clock.advance(MINUTE);
      expect([failures.length, reports.length]).toEqual([1, 0]);
      expect(at(failures, 0).message).toContain("does not answer lookups");
      network.lie(mute, (_, honest) => honest());
      network.clock.advance(2 * MINUTE);
      expect([failures.length, reports.length]).toEqual([1, 1]);
    },
  );

  test("finds the others when its own address stands among theirs", () => {
    const { network, newcomer } = grown(4, 25);
    const { reports } = join(newcomer, [newcomer.address, at(network.members, 3).address]);
    network.clock.until(() => reports.length === 1);
    expect(newcomer.overlay.membership.table.size).toBeGreaterThanOrEqual(K);
    expect(newcomer.overlay.membership.table.has(newcomer.contact)).toBe(false);
  });

  test("meets everybody in a small network", () => {
    const { network, newcomer } = grown(5, 12);
    join(newcomer, [at(network.members, 4).address]);
    network.clock.advance(10_000);
    expect(newcomer.overlay.membership.table.size).toBe(12);
  });

  test("meets ten of every bucket that has as many, and all but one where it has fewer", () => {
    const { network, newcomer } = grown(6, 200);
    join(newcomer, [at(network.members, 77).address]);
    network.clock.advance(20_000);
    const { table } = newcomer.overlay.membership;
    for (let index = 0; index < table.depth; index++) {
      const members = network.members.filter(({ contact }) => table.bucketIndex(contact) === index).length;
      expect(table.bucket(index)?.size ?? 0).toBeGreaterThanOrEqual(members < K / 2 ? members - 1 : K / 2);
    }
  });
});

describe("While nobody answers", () => {
  test("a join fails after as many rounds as it was given, once, naming every address once, and does not give up", () => {
    for (const attempts of [1, 3]) {
      const network = new MemoryNetwork(10);
      const { reports, failures } = join(network.add(1), DEAD, attempts);
      let rounds = 0;
      network.onDialled = (address) => {
        if (address === at(DEAD, 0)) rounds += 1;
      };
      network.clock.until(() => failures.length === 1);
      expect(rounds).toBe(attempts - 1); // the first was dialled before anybody counted
      expect(at(failures, 0)).toMatchObject({ code: "unreachable", retryable: true });
      for (const address of DEAD) expect(at(failures, 0).message.split(address)).toHaveLength(2);
      network.clock.advance(HOUR);
      expect([failures.length, reports.length]).toEqual([1, 0]);
      expect(rounds).toBeGreaterThan(30);
    }
  });

  test("the pauses grow from half a second to a minute, and each is drawn at random", () => {
    const network = new MemoryNetwork(11);
    const member = network.add(1);
    join(member, DEAD);
    const moments = dialsOf(network, at(DEAD, 0), HOUR);
    const { requestTimeoutMs } = member.overlay.settings;
    const pauses = moments.slice(1).map((moment, i) => moment - at(moments, i) - requestTimeoutMs);
    expect(at(moments, 0) - requestTimeoutMs).toBeGreaterThanOrEqual(250);
    expect(at(moments, 0) - requestTimeoutMs).toBeLessThanOrEqual(750);
    for (const [i, pause] of pauses.entries()) {
      const middle = Math.min(MINUTE, 1_000 * 2 ** i);
      expect(pause).toBeGreaterThanOrEqual(middle / 2 - 1);
      expect(pause).toBeLessThanOrEqual(middle * 1.5 + 1);
    }
    expect(new Set(pauses.slice(8).map(Math.round)).size).toBeGreaterThan(20);
  });

  test("somebody who comes up late is found, at any of the addresses", () => {
    const network = new MemoryNetwork(12);
    const { reports, failures } = join(network.add(1), [...DEAD, "mem://2"]);
    network.clock.advance(20 * MINUTE);
    expect(failures).toHaveLength(1);
    network.add(2);
    network.clock.until(() => reports.length === 1, 2 * MINUTE);
    expect(at(reports, 0)).toMatchObject({ bootstraps: 1, contacts: 1 });
    expect(dialsOf(network, "mem://2", HOUR)).toEqual([]);
  });

  test("a second join takes the place of the first", () => {
    const { network, newcomer } = grown(13, 20);
    const first = join(newcomer, DEAD, 1);
    network.clock.advance(1_000);
    const second = join(newcomer, [at(network.members, 0).address]);
    network.clock.until(() => second.reports.length === 1);
    expect(dialsOf(network, at(DEAD, 0), HOUR)).toEqual([]);
    expect([first.reports, first.failures]).toEqual([[], []]);
  });
});

describe("A join", () => {
  test("without any address is refused at once", () => {
    const member = new MemoryNetwork(20).add(1);
    expect(() => join(member, [])).toThrow("no bootstrap address");
  });

  test("stopped at any moment of its way never calls back", () => {
    for (let moment = 0; moment <= 10 * ROUND_TRIP_MS; moment += LATENCY_MS) {
      const { network, newcomer } = grown(21, 25);
      const joining = join(newcomer, [at(network.members, 0).address]);
      network.clock.advance(moment);
      const before = joining.reports.length;
      joining.stop();
      network.clock.advance(MINUTE);
      expect(joining.reports.length).toBe(before);
      expect(joining.failures).toEqual([]);
    }
  });

  test("ends with the overlay: nothing is dialled after stop()", () => {
    const network = new MemoryNetwork(22);
    const member = network.add(1);
    join(member, DEAD);
    network.clock.advance(MINUTE);
    member.overlay.stop();
    expect(dialsOf(network, at(DEAD, 0), HOUR)).toEqual([]);
  });
});

test("A node that has joined and is stopped leaves no timer behind: nothing keeps its process alive", () => {
  const network = new MemoryNetwork(31);
  network.grow(12);
  const newcomer = network.add(90);
  const pending = new Set<object>();
  const { runtime } = newcomer.overlay;
  const schedule = runtime.schedule.bind(runtime);
  runtime.schedule = (ms, task) => {
    const timer = schedule(ms, () => {
      pending.delete(timer);
      task();
    });
    pending.add(timer);
    const cancel = timer.cancel.bind(timer);
    timer.cancel = () => {
      pending.delete(timer);
      cancel();
    };
    return timer;
  };
  network.join(newcomer, [at(network.members, 0).address]);
  network.clock.advance(1_000);
  expect(pending.size).toBeGreaterThan(0);
  newcomer.overlay.stop();
  expect(pending.size).toBe(0);
  runtime.schedule = schedule;
});
