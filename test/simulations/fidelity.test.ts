import { describe, expect, test } from "vitest";
import { differencesOf } from "../../simulations/fidelity/differences.ts";
import { measure } from "../../simulations/fidelity/measure.ts";
import { makePlan } from "../../simulations/fidelity/plan.ts";
import { SimulatedSpecimen } from "../../simulations/fidelity/simulated.ts";
import { compareWithReality } from "../../simulations/index.ts";
import { failOnDifferences } from "../../src/cli/sim/fidelity.ts";
import { failureOf } from "../support/net/lifetime.ts";

/**
 * Of so few nodes everybody knows nearly everybody, so that all three take the same; but on a busy machine a request on loopback can be
 * late, and then another is sent.
 */
const SMALL_TOLERANCE = 0.15;
/** At the levels nothing is ever late, and what differs is the luck of few draws. */
const LEVELS_TOLERANCE = 0.08;

describe("Fidelity", () => {
  test("24 nodes take the same at both levels and on loopback TCP", async () => {
    const phases = new Set<string>();
    const fidelity = await compareWithReality({ nodes: 24, lookups: 12, seed: 3, progress: (phase) => phases.add(phase) });
    expect(fidelity.networks.map(({ name }) => name)).toEqual(["overlay", "node", "loopback"]);
    expect(fidelity.differences).toHaveLength(6);
    for (const { part } of fidelity.differences) expect(Math.abs(part)).toBeLessThan(SMALL_TOLERANCE);
    for (const { recall } of fidelity.networks) expect(recall).toBeGreaterThan(0.95);
    expect([...phases]).toHaveLength(6);
  });

  test("both levels have the same nodes, and agree where nobody knows everybody", async () => {
    const plan = makePlan(5, 45, 50);
    const specimens = (["overlay", "node"] as const).map((level) => new SimulatedSpecimen(level, plan.seed));
    const [overlay, node] = await Promise.all(specimens.map((specimen) => measure(specimen, plan, {})));
    expect(specimens[0]?.ids).toEqual(specimens[1]?.ids);
    if (overlay === undefined || node === undefined) throw new Error("two were measured");
    expect(overlay.hops).toBeGreaterThan(1);
    expect(Math.abs(overlay.hops / node.hops - 1)).toBeLessThan(LEVELS_TOLERANCE);
    expect(Math.abs(overlay.requests / node.requests - 1)).toBeLessThan(LEVELS_TOLERANCE);
    expect(Math.abs((overlay.latencyMs?.p50 ?? 0) / (node.latencyMs?.p50 ?? 0) - 1)).toBeLessThan(LEVELS_TOLERANCE);
    expect([overlay.recall, node.recall, overlay.late, node.late]).toEqual([1, 1, 0, 0]);
  });

  test("a plan is the same for the same seed, and more nodes change nothing about the first", () => {
    const plan = makePlan(1, 10, 5);
    expect(makePlan(1, 10, 5)).toEqual(plan);
    expect(makePlan(2, 10, 5).keys).not.toEqual(plan.keys);
    const larger = makePlan(1, 20, 5);
    expect([larger.keys.slice(0, 10), larger.bootstraps.slice(0, 10)]).toEqual([plan.keys, plan.bootstraps]);
    expect(plan.bootstraps.map((ways) => ways.length)).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 2, 2]);
  });

  test("each network is held against each, and what differs by too much is told", () => {
    const figures = { hops: 2, requests: 20, recall: 1, late: 0, failed: 0 };
    const networks = [
      { ...figures, name: "overlay" },
      { ...figures, name: "node" },
      { ...figures, name: "loopback", hops: 1.6, late: 3 },
    ] as const;
    const differences = differencesOf(networks);
    expect(differences.map(({ figure, of, from, part }) => `${figure} ${of} ${from} ${part.toFixed(2)}`)).toEqual([
      "hops overlay node 0.00",
      "requests overlay node 0.00",
      "hops overlay loopback 0.25",
      "requests overlay loopback 0.00",
      "hops node loopback 0.25",
      "requests node loopback 0.00",
    ]);
    const fidelity = { seed: 1, nodes: 3, lookups: 1, networks, differences, tolerance: 0.05 };
    expect(() => failOnDifferences({ ...fidelity, agrees: true })).not.toThrow();
    const message = "hops of lookups at overlay level and loopback TCP differ by +25.00 %, more than 5 %";
    const hint = expect.stringContaining("busy");
    expect(() => failOnDifferences({ ...fidelity, agrees: false })).toThrow(expect.objectContaining({ message, hint }));
  });

  test("what cannot be compared is refused, and what is interrupted ends", async () => {
    const message = "nodes must be a whole number from 2 to 500, not 1";
    expect(await failureOf(compareWithReality({ nodes: 1 }))).toMatchObject({ code: "bad_options", message });
    expect(await failureOf(compareWithReality({ lookups: 0 }))).toMatchObject({ code: "bad_options" });
    expect(await failureOf(compareWithReality({ nodes: 5, signal: AbortSignal.abort() }))).toMatchObject({ code: "aborted" });
  });
});
