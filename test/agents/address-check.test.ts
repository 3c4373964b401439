import { describe, expect, test } from "vitest";
import type { RpcCore } from "../../src/rpc/core.ts";
import { type GlassAgent, startAgent, until } from "../support/net/lifetime.ts";

/** A newcomer that joins through a root; both as `prepare` makes them. */
async function pair(prepareRoot?: (agent: GlassAgent) => unknown, prepareNewcomer?: (agent: GlassAgent) => unknown) {
  const root = await startAgent({ name: "x" }, prepareRoot);
  const newcomer = await startAgent({ name: "x", bootstrap: root.addresses }, prepareNewcomer);
  await until(() => root.insides.overlay.membership.table.has(newcomer.contact));
  return { root, newcomer };
}

/** Before it is started, too. */
function coreOf(agent: GlassAgent): RpcCore {
  return (agent as unknown as { core: RpcCore }).core;
}

/** Takes the exchange from an agent: it neither asks nor answers, and says so or not. */
function olden(agent: GlassAgent): void {
  Object.defineProperty(coreOf(agent).transport, "prove", { value: undefined });
}

/** One that claims to know the exchange and never answers. */
function silent(agent: GlassAgent): void {
  Object.defineProperty(coreOf(agent).transport, "answerProof", { value: () => undefined });
}

function links({ insides: { core } }: GlassAgent): number {
  return core.pool.size + core.acceptedCount;
}

describe("Whoever is called", () => {
  test("enters the caller in its table with one link between them, which the caller has dialled", async () => {
    const { root, newcomer } = await pair();
    expect([root.insides.core.pool.size, links(root), links(newcomer)]).toEqual([0, 1, 1]);
    expect(root.insides.overlay.membership.table.known(newcomer.contact)?.addresses).toEqual(newcomer.addresses);
    expect(newcomer.insides.overlay.membership.table.has(root.contact)).toBe(true);
  });

  test.each<[string, ((agent: GlassAgent) => unknown) | undefined, ((agent: GlassAgent) => unknown) | undefined]>([
    ["it cannot ask for a proof", olden, undefined],
    ["the caller gives none", undefined, silent],
  ])("dials it back where %s", async (_, root, newcomer) => {
    const scene = await pair(root, newcomer);
    expect(scene.root.insides.overlay.membership.table.known(scene.newcomer.contact)?.addresses).toEqual(scene.newcomer.addresses);
  });

  test("does not enter a caller that is not where it says", async () => {
    const root = await startAgent({ name: "x" });
    const victim = await startAgent({ name: "x" });
    const liar = await startAgent({ name: "x", announce: victim.addresses, bootstrap: root.addresses });
    for (let n = 0; n < 200; n++) await new Promise((resolve) => setImmediate(resolve));
    expect(root.insides.overlay.membership.table.has(liar.contact)).toBe(false);
    expect(root.insides.overlay.membership.table.has(victim.contact)).toBe(false);
  });

  test("a caller learns from a proof that it can be reached", async () => {
    let dialledIn = 0;
    const root = await startAgent({ name: "x" });
    const newcomer = await startAgent({ name: "x" });
    newcomer.insides.core.onDialledIn = () => {
      dialledIn += 1;
    };
    await newcomer.join(root.addresses);
    await until(() => root.insides.overlay.membership.table.has(newcomer.contact));
    expect(dialledIn).toBeGreaterThan(0);
  });
});
