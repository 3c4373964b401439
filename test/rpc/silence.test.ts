import { describe, expect, test } from "vitest";
import { Client, callOptions } from "../../src/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { DialRace } from "../../src/rpc/dial-race.ts";
import { closing, failureOf, passTime, serve, turn } from "../support/net/lifetime.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("a peer that is owed answers by", () => {
  test("one that has gone silent knows so long before the call's own time is over", async () => {
    const clock = new VirtualClock(1);
    const server = await serve({}, (it) => it.endpoint("never", () => new Promise(() => undefined)));
    server.abandonCalls();
    // A wire that can be cut: what goes in on one side does not come out at the other any more.
    let isCut = false;
    const wire = await rawListener(async (near) => {
      const { connect } = await import("node:net");
      const far = connect(server.port, "127.0.0.1");
      near.socket.removeAllListeners("data");
      near.socket.on("data", (chunk) => !isCut && far.write(chunk));
      far.on("data", (chunk) => !isCut && near.socket.write(chunk));
      near.socket.on("close", () => far.destroy());
      far.on("error", () => undefined);
    });
    const client = closing(new Client("127.0.0.1", wire.port, { dialect: "secure", runtime: clock }));
    await passTime(clock, client.call("_synapse.ping"));
    const began = clock.now();
    const call = failureOf(client.call("never", callOptions({ timeoutMs: 3_600_000 })));
    for (let n = 0; n < 200; n++) {
      await turn();
      clock.advance(500); // it answers when it is asked whether it lives, so it is waited for
      await turn();
      await turn();
    }
    isCut = true;
    const cutAt = clock.now();
    expect(await passTime(clock, call)).toMatchObject({ code: "connection_lost", message: expect.stringContaining("silent") });
    expect(cutAt - began).toBeGreaterThan(90_000);
    expect(clock.now() - cutAt).toBeLessThan(DEFAULT_LIMITS.keepAliveMs + DEFAULT_LIMITS.keepAliveTimeoutMs + 5_000);
  });
});

describe("several addresses", () => {
  interface Dial {
    readonly address: string;
    readonly at: number;
    readonly signal: AbortSignal;
    answer(value: string): void;
    fail(error: Error): void;
  }

  function race(addresses: readonly string[]) {
    const clock = new VirtualClock(1);
    const dials: Dial[] = [];
    const discarded: string[] = [];
    const dial = (address: string, signal: AbortSignal) =>
      new Promise<string>((answer, fail) => dials.push({ address, at: clock.now(), signal, answer, fail }));
    const result = new DialRace<string>(clock, dial, (late) => discarded.push(late)).run(addresses);
    result.catch(() => undefined);
    return { clock, dials, discarded, result };
  }

  test("are tried a quarter of a second apart, the best first; the first that answers is taken, the others are given up", async () => {
    const { clock, dials, discarded, result } = race(["a", "b", "c", "d"]);
    clock.advance(600);
    expect(dials.map(({ address, at }) => [address, at])).toEqual([
      ["a", 0],
      ["b", 250],
      ["c", 500],
    ]);
    dials[1]?.answer("B");
    expect(await result).toBe("B");
    expect(dials.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
    dials[0]?.answer("A");
    dials[2]?.fail(new Error("aborted"));
    await turn();
    expect(discarded).toEqual(["A"]);
    clock.advance(10_000);
    expect(dials).toHaveLength(3);
  });

  test("follow at once when one refuses, and fail with what the best said", async () => {
    const { clock, dials, result } = race(["a", "b", "c"]);
    dials[0]?.fail(new Error("a is closed"));
    await turn();
    expect(dials.map(({ at }) => at)).toEqual([0, 0]);
    dials[1]?.fail(new Error("b is closed"));
    await turn();
    dials[2]?.fail(new Error("c is closed"));
    await expect(result).rejects.toThrow("a is closed");
    clock.advance(10_000);
    expect(dials).toHaveLength(3);
  });

  test("that are none lead nowhere", async () => {
    await expect(race([]).result).rejects.toMatchObject({ code: "unreachable" });
  });
});
