import { describe, expect, onTestFinished, test } from "vitest";
import { Client, type Server } from "../../src/index.ts";
import { closing, deferred, failureOf, GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { RawPeer } from "../support/net/raw-peer.ts";

/** A port of this machine at which nobody listens. */
async function emptyPort(): Promise<number> {
  const { port } = await rawListener();
  const server = new GlassServer({ port: 0 });
  await server.start();
  const free = server.port;
  await server.stop();
  return free === port ? emptyPort() : free;
}

function clientOf(server: { readonly port: number }): Client {
  return closing(new Client("127.0.0.1", server.port));
}

function ping(server: { readonly port: number }): Promise<unknown> {
  return clientOf(server).call("_synapse.ping");
}

/** A server with one call under way, which is answered when the test says so. */
async function withCallUnderWay(port = 0) {
  const [begun, release] = [deferred(), deferred<string>()];
  const server = await serve({ port }, (it) => it.endpoint("slow", () => begun.resolve() ?? release.promise));
  onTestFinished(() => release.resolve("at last"));
  const client = clientOf(server);
  const answer = client.call("slow");
  await begun.promise;
  return { server, port: server.port, client, answer, release: () => release.resolve("done") };
}

async function isOpen(port: number): Promise<boolean> {
  return RawPeer.connect(port).then(
    () => true,
    () => false,
  );
}

function expectNothingOpen(server: Server): void {
  expect([server.port, server.addresses]).toEqual([0, []]);
}

describe("a server that is stopped", () => {
  test("in the turn in which it is started has not started, and leaves nothing open", async () => {
    const port = await emptyPort();
    const server = new GlassServer({ port });
    const started = failureOf(server.start());
    await server.stop();
    expect((await started).code).toBe("aborted");
    expectNothingOpen(server);
    expect(await isOpen(port)).toBe(false);
  });

  test("while something else that it needs is being started has not started: that is told to give up", async () => {
    const waiting = deferred<AbortSignal | undefined>();
    class SlowServer extends GlassServer {
      protected override onStarted(signal?: AbortSignal): Promise<void> {
        waiting.resolve(signal);
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      }
    }
    const server = new SlowServer({ port: 0 });
    const started = server.start().then(
      () => "started",
      () => "not started",
    );
    await waiting.promise;
    const { port } = server;
    await server.stop();
    expect(await started).toBe("not started");
    expectNothingOpen(server);
    expect(await isOpen(port)).toBe(false);
  });

  test("is stopped once, however many ask for it", async () => {
    const server = await serve();
    const first = server.stop();
    expect(server.stop()).toBe(first);
    await first;
    await server.stop();
    expectNothingOpen(server);
  });

  test("and started before it has stopped starts when it has, and stays open", async () => {
    const { server, answer, release } = await withCallUnderWay();
    const stopped = server.stop();
    let isStopped = false;
    void stopped.then(() => {
      isStopped = true;
    });
    const started = server.start();
    for (let i = 0; i < 10; i++) await turn();
    expect(isStopped).toBe(false);
    release();
    expect(await answer).toBe("done");
    await started;
    expect(isStopped).toBe(true);
    for (let i = 0; i < 10; i++) await turn();
    expect(await ping(server)).toBe("pong");
  });

  test("again, while it waits to be started again, stays stopped", async () => {
    const { server, answer, release } = await withCallUnderWay();
    const stopped = [server.stop()];
    const started = failureOf(server.start());
    stopped.push(server.stop());
    release();
    await answer;
    await Promise.all(stopped);
    expect((await started).code).toBe("aborted");
    expectNothingOpen(server);
  });

  test("can be started any number of times", async () => {
    const server = await serve();
    for (let i = 0; i < 5; i++) {
      expect(await ping(server)).toBe("pong");
      await server.stop();
      await server.start();
    }
    expect(await ping(server)).toBe("pong");
  });
});

describe("while a server stops", () => {
  test("nobody new is let in, though a call is under way", async () => {
    const { server, port, answer, release } = await withCallUnderWay();
    const stopped = server.stop();
    expect(await isOpen(port)).toBe(false);
    release();
    expect(await answer).toBe("done");
    await stopped;
  });

  test("those that are connected are told that it leaves, and the call under way is the last", async () => {
    const { server, client, answer, release } = await withCallUnderWay();
    const stopped = server.stop();
    const codes = new Set<string>();
    for (let i = 0; i < 5; i++) codes.add((await failureOf(client.call("_synapse.ping"))).code);
    expect(["busy", "unreachable"]).toEqual(expect.arrayContaining([...codes])); // asked before it had heard, or after
    release();
    expect(await answer).toBe("done");
    await stopped;
    await until(() => server.insides.core.acceptedCount === 0);
  });

  test("an answer that is still on its way arrives", async () => {
    const large = "x".repeat(3 * 2 ** 20);
    const [begun, release] = [deferred(), deferred<string>()];
    const server = await serve({}, (it) => it.endpoint("large", () => begun.resolve() ?? release.promise));
    const answer = clientOf(server).call("large");
    await begun.promise;
    const stopped = server.stop();
    release.resolve(large);
    expect(await answer).toBe(large);
    await stopped;
  });
});
