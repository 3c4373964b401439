import { describe, expect, test } from "vitest";
import { sessionModel } from "../../simulations/engine/churn/churn-spec.ts";
import { type TracedSession, tracedSessions } from "../../simulations/engine/churn/trace.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { distanceFrom, KS_CRITICAL } from "../support/distribution.ts";
import { failureOf } from "../support/net/lifetime.ts";

const DRAWS = 40_000;
const json = (content: unknown) => () => JSON.stringify(content);

describe("A trace", () => {
  const sessions = [
    [500, 60_500],
    [0, 20_000],
    [100, 40_100],
  ] as const;

  test("has its sessions in the order in which they begin, each of a host of its own, or of the hosts that it names", () => {
    expect(tracedSessions({ sessions }, "churn")).toEqual([
      { host: 1, fromMs: 0, untilMs: 20_000 },
      { host: 2, fromMs: 100, untilMs: 40_100 },
      { host: 0, fromMs: 500, untilMs: 60_500 },
    ] satisfies TracedSession[]);
    const ofHosts = {
      sessions: [
        [5, 9, 7],
        [0, 5, 7],
        [0, 3, 2],
      ],
    };
    expect(tracedSessions({ file: "trace.json" }, "churn", json(ofHosts))).toEqual([
      { host: 2, fromMs: 0, untilMs: 3 },
      { host: 7, fromMs: 0, untilMs: 5 },
      { host: 7, fromMs: 5, untilMs: 9 },
    ] satisfies TracedSession[]);
  });

  test("gives newcomers each of its lengths alike", () => {
    const model = sessionModel({ model: "trace", sessions });
    const random = new RandomStream(1, "trace");
    const lengths = Array.from({ length: DRAWS }, (_, index) => model.sessionMs(random, index));
    for (const length of [20_000, 40_000, 60_000]) expect(lengths.filter((ms) => ms === length).length / DRAWS).toBeCloseTo(1 / 3, 1.5);
  });

  test("gives those that are met at a random moment what is left of long ones more often", () => {
    const model = sessionModel({ model: "trace", file: "trace.json" }, json({ sessions }));
    const random = new RandomStream(2, "trace");
    const left = Array.from({ length: DRAWS }, (_, index) => model.remainingMs(random, index));
    // The integral of the part of sessions that are longer, up to there, divided by their mean.
    const cdf = (ms: number) => [20_000, 40_000, 60_000].reduce((sum, length) => sum + Math.min(ms, length), 0) / 120_000;
    expect(distanceFrom(cdf, left)).toBeLessThan(KS_CRITICAL / Math.sqrt(DRAWS));
  });
});

const trace = (...sessions: unknown[]) => ({ model: "trace", sessions });
const good = [0, 60_000];

test.each<[string, unknown, string]>([
  ["of no model", {}, "scenario.churn.model: is missing"],
  [
    "of a model that there is not",
    { model: "pareto" },
    'scenario.churn.model: must be one of "exponential","weibull","kad","ipfs","trace"',
  ],
  ["that is none", 5, "scenario.churn: must be object"],
  ["without its figure", { model: "weibull", shape: 0.5 }, "scenario.churn.scaleMs: is missing"],
  ["with a field of another model", { model: "kad", meanMs: 5 }, "scenario.churn.meanMs: is not known"],
  ["of a shape that is none", { model: "weibull", shape: 0, scaleMs: 1e6 }, "scenario.churn.shape: must be >= 0.1"],
  ["of no length", { model: "exponential", meanMs: 0 }, "scenario.churn.meanMs: must be > 0"],
  ["in which nobody has time to join", { model: "exponential", meanMs: 500 }, "a mean session of 500 ms is too short"],
  ["with more than all", { model: "kad", graceful: 1.5 }, "scenario.churn.graceful: must be <= 1"],
  ["with less than none", { model: "kad", returning: -1 }, "scenario.churn.returning: must be >= 0"],
  ["with two pauses", { model: "kad", pauseMs: 5, pause: { model: "kad" } }, "scenario.churn: give either pause, or pauseMs"],
  ["with half a pause", { model: "kad", pause: { model: "weibull", shape: 1 } }, "scenario.churn.pause.scaleMs: is missing"],
  ["with a pause that goes", { model: "kad", pause: { model: "kad", graceful: 1 } }, "scenario.churn.pause.graceful: is not known"],
  ["with a trace of nothing", { model: "trace" }, "scenario.churn: a trace needs either a file, or sessions"],
  ["with two traces", { ...trace(good), file: "a.json" }, "scenario.churn: a trace needs either a file, or sessions"],
  ["with an empty trace", trace(), "scenario.churn.sessions: must be a list of 1 to 1000000 sessions"],
  ["with a session that is none", trace(good, 7), "scenario.churn.sessions.1: must be [fromMs, untilMs]"],
  ["with half a session", trace(good, [7]), "scenario.churn.sessions.1: must be [fromMs, untilMs]"],
  ["with a session before all time", trace([-1, 5]), "scenario.churn.sessions.0.0: must be a time in ms from 0"],
  ["with a session that ends first", trace([9, 9]), "scenario.churn.sessions.0.1: must be a time in ms after 9"],
  ["with a session in NaN", trace([0, Number.NaN]), "scenario.churn.sessions.0.1: must be a time in ms after 0"],
  [
    "with a session in microseconds",
    trace([0, 1e15]),
    "scenario.churn.sessions.0.1: must be a time in ms after 0, when it begins, and within ten years",
  ],
  ["with a host that has a name", trace([0, 60_000, "a"]), "scenario.churn.sessions.0.2: must be the number of a host, from 0"],
  ["with hosts here and there", trace(good, [0, 60_000, 0]), "scenario.churn.sessions: either all name their host, or none"],
  ["with a host in two sessions", trace([0, 60_000, 4], [500, 70_000, 4]), "host 4 begins a session at 500 ms while it has another"],
  ["with a file where there are none", { model: "trace", file: "a.json" }, "scenario.churn.file: files cannot be read here"],
])("A churn spec %s is refused, and it is said where and what may be", async (_, spec, message) => {
  expect(await failureOf(() => sessionModel(spec))).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
});

test.each<[string, () => string, string]>([
  ["is no JSON", () => "[[0,", "scenario.churn.file: a.json cannot be read as JSON"],
  ["is another", json(null), "a.json.sessions: must be a list of 1 to 1000000 sessions"],
  ["has a wrong session", json({ sessions: [good, [5, 1]] }), "a.json.sessions.1.1: must be a time in ms after 5"],
])("A trace whose file %s is refused, and it is said why", async (_, readFile, message) => {
  expect(await failureOf(() => sessionModel({ model: "trace", file: "a.json" }, readFile))).toMatchObject({
    code: "bad_options",
    message: expect.stringContaining(message),
  });
});
