import { expect, test } from "vitest";
import { synapse } from "../cli/run.ts";

async function figuresOf(seed: number, level: string): Promise<Record<string, unknown>> {
  const { code, out } = await synapse(
    ...["sim", "run", "--nodes", level === "node" ? "12" : "25", "--duration", "1m", "--churn", "10m", "--set", "settleMs=1m"],
    ...["--seed", String(seed), "--level", level, "--json"],
  );
  expect(code).toBe(0);
  return JSON.parse(out);
}

test.each(["overlay", "node"])("The same seed gives the same trace in another process, at the %s level", async (level) => {
  const [first, second, other] = await Promise.all([figuresOf(7, level), figuresOf(7, level), figuresOf(8, level)]);
  expect(first?.["traceHash"]).toMatch(/^[0-9a-f]{64}$/);
  expect(second?.["traceHash"]).toBe(first?.["traceHash"]);
  expect(other?.["traceHash"]).not.toBe(first?.["traceHash"]);
});

test("A run is reported as one object with all of its figures", async () => {
  const figures = await figuresOf(3, "overlay");
  expect(Object.keys(figures)).toEqual(
    expect.arrayContaining([
      "scenario",
      "level",
      "seed",
      "nodes",
      "traceHash",
      "virtualMs",
      "wallMs",
      "messages",
      "messagesPerSecond",
      "rssBytes",
    ]),
  );
  for (const kind of ["lookups", "finds", "joins"]) {
    expect(figures[kind]).toMatchObject({
      count: expect.any(Number),
      success: expect.any(Number),
      recall: expect.any(Number),
      hops: { mean: expect.any(Number), p50: expect.any(Number), p99: expect.any(Number) },
      requests: { mean: expect.any(Number), p99: expect.any(Number) },
      latencyMs: { p50: expect.any(Number), p90: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    });
  }
});
