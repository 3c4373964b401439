import { describe, expect, test } from "vitest";
import {
  type Recording,
  record,
  renderReport,
  replay,
  savedRecording,
  savedRecordings,
  savedRun,
  savedSweep,
} from "../../../simulations/index.ts";
import { failureOf } from "../../support/net/lifetime.ts";

const SCENARIO = { nodes: 12, growthMs: 500, settleMs: 30_000, durationMs: 60_000, seed: 3, churn: { model: "kad" } } as const;

/** As it comes out of a file. */
async function saved(): Promise<Recording> {
  return JSON.parse(JSON.stringify(await record(SCENARIO)));
}

describe("A recording that was saved", () => {
  test("is drawn as it would have been at once", async () => {
    const recording = await record(SCENARIO);
    expect(renderReport([savedRecording(JSON.parse(JSON.stringify(recording)), "it")])).toBe(renderReport([recording]));
  });

  test("is replayed, and the same happens", async () => {
    const run = savedRun(await saved(), "it");
    expect(await replay(run)).toMatchObject({ isSame: true, now: run.traceHash });
  });

  test("is replayed, and it is said when something else happens", async () => {
    const run = savedRun(await saved(), "it");
    const other = await replay({ ...run, scenario: { ...run.scenario, seed: 4 } });
    expect(other.isSame).toBe(false);
    expect(other.before).toBe(run.traceHash);
    expect(other.now).not.toBe(run.traceHash);
  });

  test("needs no more than a scenario and a hash to be replayed", async () => {
    const { figures } = await saved();
    expect(await replay(savedRun({ scenario: SCENARIO, traceHash: figures.traceHash }, "it"))).toMatchObject({ isSame: true });
  });

  test.each<[string, (recording: Recording) => unknown, string]>([
    ["another format", (recording) => ({ ...recording, format: 2 }), "it is of format 2, and this program reads format 1"],
    ["no format", ({ format: _, ...recording }) => recording, "recording.format: is missing"],
    ["no figures", ({ figures: _, ...recording }) => recording, "it is not a recording: recording.figures: is missing"],
    ["a text for a list", (recording) => ({ ...recording, curves: "none" }), "recording.curves: must be array"],
    [
      "a curve of three",
      (recording) => ({ ...recording, curves: [{ of: "", what: "", unit: "", points: [[1, 2, 3]] }] }),
      "recording.curves.0.points.0",
    ],
    [
      "an edge to nowhere",
      (recording) => ({ ...recording, picture: { ...recording.picture, edges: [[1, "x"]] } }),
      "recording.picture.edges.0.1",
    ],
    ["too much", (recording) => ({ ...recording, marks: Array.from({ length: 2_000 }, () => recording.marks) }), "recording.marks"],
    ["nothing in it", () => null, "it is not a recording: recording: must be object"],
    ["a list around it", (recording) => [recording], "it is not a recording: recording: must be object"],
  ])("with %s is refused", async (_, spoil, message) => {
    const spoilt = spoil(await saved());
    const failure = await failureOf(() => savedRecordings(spoilt, "it"));
    expect(failure).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
  });

  test.each<[string, unknown, string]>([
    ["another format", { format: 7, scenario: {}, traceHash: "0".repeat(64) }, "it is of format 7"],
    ["no scenario", { traceHash: "0".repeat(64) }, "it has no scenario"],
    ["no hash", { scenario: {} }, "it has no trace hash"],
    ["half a hash", { scenario: {}, traceHash: "00ff" }, "it has no trace hash"],
    ["nothing in it", null, "it has no scenario"],
  ])("is not replayed with %s", async (_, content, message) => {
    expect(await failureOf(() => savedRun(content, "it"))).toMatchObject({ message: expect.stringContaining(message) });
  });

  test("is no sweep", async () => {
    const recording = await saved();
    expect(await failureOf(() => savedSweep(recording, "it"))).toMatchObject({ message: 'it is no sweep: it has no kind "sweep"' });
  });
});
