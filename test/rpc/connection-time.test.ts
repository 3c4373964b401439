import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/index.ts";
import { deferred, failureOf, turn, until } from "../support/net/lifetime.ts";
import { linked, type Side } from "../support/net/link-pair.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const { idleTimeoutMs } = DEFAULT_LIMITS;

/** Two ends of a link whose time passes only when the test says so. */
async function linkedInTime(dialect: "plain" | "secure", maxCallsPerLink = DEFAULT_LIMITS.maxCallsPerLink) {
  const clock = new VirtualClock(1);
  const sides = await linked(dialect, { runtime: clock }, { runtime: clock, limits: { maxCallsPerLink } });
  await sides.dialler.connection.call({ endpoint: "echo", args: [1], kwargs: {} }, { timeoutMs: 1_000 });
  return { clock, ...sides };
}

function closedOf({ connection }: Side): Promise<void> {
  const { promise, resolve } = deferred();
  connection.whenClosed(() => resolve());
  return promise;
}

/** Registers an endpoint that answers when the test says so. */
function hold(side: Side) {
  const release = deferred<unknown>();
  const begun = deferred<AbortSignal>();
  side.registry.register("held", {}, (_, context) => {
    begun.resolve(context.signal);
    return release.promise;
  });
  return { begun: begun.promise, release: release.resolve };
}

describe.each(["plain", "secure"] as const)("over one link in the %s dialect", (dialect) => {
  test("a call that is not answered in its time has timed out; others go on, and a late answer is dropped", async () => {
    const { clock, dialler, accepter } = await linkedInTime(dialect);
    const { begun, release } = hold(accepter);
    const short = failureOf(dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 500 }));
    const long = dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 5_000 });
    await begun;
    clock.advance(499);
    expect(dialler.connection.isBusy).toBe(true);
    clock.advance(1);
    expect(await short).toMatchObject({
      code: "timed_out",
      message: "held was not answered within 500 ms",
      retryable: true,
      remote: false,
    });
    release("late for one, in time for the other");
    expect(await long).toBe("late for one, in time for the other");
    expect(await dialler.connection.call({ endpoint: "echo", args: [2], kwargs: {} }, { timeoutMs: 500 })).toBe(2);
  });

  test("a link without calls is closed by whoever dialled it, after half the idle time", async () => {
    const { clock, dialler, accepter } = await linkedInTime(dialect);
    const closed = [closedOf(dialler), closedOf(accepter)];
    clock.advance(idleTimeoutMs / 2 - 1);
    expect(dialler.connection.isOpen).toBe(true);
    clock.advance(1);
    expect([dialler.connection.isOpen, accepter.connection.isOpen]).toEqual([false, true]);
    await Promise.all(closed);
  });

  test("every call puts the end off", async () => {
    const { clock, dialler } = await linkedInTime(dialect);
    for (let i = 0; i < 5; i++) {
      clock.advance(idleTimeoutMs / 2 - 1);
      expect(await dialler.connection.call({ endpoint: "echo", args: [i], kwargs: {} }, { timeoutMs: 1_000 })).toBe(i);
    }
    expect(dialler.connection.isOpen).toBe(true);
  });

  test("a link whose call takes longer than the idle time stays", async () => {
    const { clock, dialler, accepter } = await linkedInTime(dialect);
    const { begun, release } = hold(accepter);
    const answer = dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 10 * idleTimeoutMs });
    await begun;
    for (let passed = 0; passed < 5 * idleTimeoutMs; passed += 1_000) {
      clock.advance(1_000);
      await turn(); // it is asked now and then whether it lives, and says so
      await turn();
    }
    expect([dialler.connection.isOpen, accepter.connection.isOpen]).toEqual([true, true]);
    release("at last");
    expect(await answer).toBe("at last");
  });

  test("calls beyond the limit of one link are answered busy at once, and may be made again later", async () => {
    const { dialler, accepter } = await linkedInTime(dialect, 2);
    const { release } = hold(accepter);
    const call = (endpoint: string) => dialler.connection.call({ endpoint, args: [], kwargs: {} }, { timeoutMs: 1_000 });
    const held = [call("held"), call("held")];
    expect(await failureOf(call("held"))).toMatchObject({ code: "busy", remote: true, retryable: true });
    release("free");
    expect(await Promise.all(held)).toEqual(["free", "free"]);
    expect(await call("held")).toBe("free");
  });
});

describe("over one link in the plain dialect", () => {
  test("a caller that has stopped sending is waited for as long as an idle link, and no longer: it may be gone", async () => {
    const { clock, dialler, accepter } = await linkedInTime("plain");
    const { begun } = hold(accepter);
    const aborted = deferred();
    accepter.registry.register(
      "watched",
      {},
      (_, { signal }) => new Promise(() => signal.addEventListener("abort", () => aborted.resolve())),
    );
    void failureOf(dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 3_600_000 }));
    void failureOf(dialler.connection.call({ endpoint: "watched", args: [], kwargs: {} }, { timeoutMs: 3_600_000 }));
    await begun;
    dialler.link.close();
    await until(() => !accepter.connection.isOpen);
    clock.advance(idleTimeoutMs - 1);
    await turn();
    expect(accepter.connection.isBusy).toBe(true);
    clock.advance(1);
    await aborted.promise;
    expect(accepter.connection.isBusy).toBe(false);
  });
});

describe("over one link in the secure dialect", () => {
  test("a call that has timed out is cancelled over there", async () => {
    const { clock, dialler, accepter } = await linkedInTime("secure");
    const { begun } = hold(accepter);
    const error = failureOf(dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 500 }));
    const signal = await begun;
    clock.advance(500);
    expect((await error).code).toBe("timed_out");
    await until(() => signal.aborted);
  });

  test("a handler's signal is aborted at the caller's deadline, even if no word of it comes", async () => {
    const { dialler, accepter, theirs } = await linkedWithTwoClocks();
    const { begun } = hold(accepter);
    void failureOf(dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 500 }));
    const signal = await begun;
    theirs.advance(499);
    expect(signal.aborted).toBe(false);
    theirs.advance(1);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: "aborted" });
  });

  test("a deadline troubles no call that was answered before", async () => {
    const { dialler, accepter, theirs } = await linkedWithTwoClocks();
    const { begun, release } = hold(accepter);
    const answer = dialler.connection.call({ endpoint: "held", args: [], kwargs: {} }, { timeoutMs: 500 });
    const signal = await begun;
    release("in time");
    expect(await answer).toBe("in time");
    theirs.advance(10_000);
    await turn();
    expect(signal.aborted).toBe(false);
  });
});

/** The accepter's time passes while the dialler's stands still. */
async function linkedWithTwoClocks() {
  const [ours, theirs] = [new VirtualClock(1), new VirtualClock(2)];
  const sides = await linked("secure", { runtime: ours }, { runtime: theirs });
  return { ...sides, theirs };
}
