import { describe, expect, test } from "vitest";
import { type Parameter, readParameter, type ScenarioInput, scenarioNamed } from "../../../simulations/index.ts";
import { nameOfPoint, planSweep } from "../../../simulations/sweep/points.ts";
import { failureOf } from "../../support/net/lifetime.ts";

const noFile = () => "";
const plan = (scenario: ScenarioInput, texts: readonly string[], repeat = 1) =>
  planSweep(scenario, texts.map(readParameter), repeat, noFile);

describe("Parameters", () => {
  test.each<[string, Parameter]>([
    ["nodes=100,300", { path: "nodes", values: [100, 300] }],
    ["churn.meanMs=5m,1.5h", { path: "churn.meanMs", values: ["5m", "1.5h"] }],
    ["faults.0.oneWay=true,false", { path: "faults.0.oneWay", values: [true, false] }],
    ['churn=null,{"model":"kad","graceful":0.5}', { path: "churn", values: [null, { model: "kad", graceful: 0.5 }] }],
    ['name="a,b"', { path: "name", values: ["a,b"] }],
    ["load.zipf= 0, 1", { path: "load.zipf", values: [0, 1] }],
  ])("%s", (text, parameter) => {
    expect(readParameter(text)).toEqual(parameter);
  });

  test.each([
    ["nodes", "is no parameter"],
    ["=1", "is no parameter"],
    ["a b=1", "is no parameter"],
    ["nodes=", "a value is missing"],
    ["nodes=1,,2", "a value is missing"],
    ["nodes=20,30,20", "20 is there twice"],
  ])("%s is refused", async (text, message) => {
    expect(await failureOf(() => readParameter(text))).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
  });
});

describe("The points of a sweep", () => {
  test("are the cross product, the last parameter changing fastest, with times in ms", () => {
    const { points, parameters } = plan({ churn: { model: "kad" } }, ["nodes=20,30", "churn.pauseMs=90s,5m"], 2);
    expect(points.map(({ values }) => nameOfPoint(values))).toEqual([
      "nodes=20 churn.pauseMs=90000 seed=1",
      "nodes=20 churn.pauseMs=90000 seed=2",
      "nodes=20 churn.pauseMs=300000 seed=1",
      "nodes=20 churn.pauseMs=300000 seed=2",
      "nodes=30 churn.pauseMs=90000 seed=1",
      "nodes=30 churn.pauseMs=90000 seed=2",
      "nodes=30 churn.pauseMs=300000 seed=1",
      "nodes=30 churn.pauseMs=300000 seed=2",
    ]);
    expect(points.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(points[5]?.scenario).toMatchObject({ nodes: 30, seed: 2, churn: { model: "kad", pauseMs: 90_000 } });
    expect(parameters).toEqual([
      { path: "nodes", values: [20, 30] },
      { path: "churn.pauseMs", values: [90_000, 300_000] },
      { path: "seed", values: [1, 2] },
    ]);
  });

  test("leave the rest of the scenario as it is", () => {
    const { points } = plan(scenarioNamed("partition"), ["faults.0.share=0.1,0.2", "overlay.alpha=4"]);
    expect(points.map(({ scenario }) => scenario.faults)).toEqual(
      [0.1, 0.2].map((share) => [{ fault: "partition", share, fromMs: 900_000, untilMs: 1_500_000 }]),
    );
    expect(points[0]?.scenario).toMatchObject({ name: "partition", overlay: { alpha: 4 }, nodes: 1_000 });
  });

  test("may be of a kind that the scenario does not have yet", () => {
    const { points } = plan({}, ["churn.model=exponential", "churn.meanMs=5m", "latency.model=constant", "latency.oneWayMs=10,20"]);
    expect(points.map(({ scenario }) => scenario.latency)).toEqual([10, 20].map((oneWayMs) => ({ model: "constant", oneWayMs })));
    expect(points[0]?.scenario.churn).toEqual({ model: "exponential", meanMs: 300_000 });
  });

  test.each<[string, readonly string[], string]>([
    ["a field that there is not", ["foo=1"], "there is no foo: a scenario has name, about, level, seed, nodes"],
    ["one inside another", ["overlay.gamma=1"], "there is no overlay.gamma: overlay has alpha, "],
    ["one inside a number", ["nodes.x=1"], "there is no nodes.x: nodes has no fields"],
    ["a fault that there is not", ["faults.1.share=1"], "there is no faults.1: faults has one entry, 0"],
    ["an entry of nothing", ["arrivals.0.nodes=1"], "there are no arrivals in this scenario"],
    ["a field of another fault", ["faults.0.rate=1"], "faults.0.rate needs faults.0.fault to be loss or delay, and here it is partition"],
    ["a field of no churn", ["churn.meanMs=5m"], "churn.meanMs needs churn.model to be exponential, and this scenario has none"],
    ["a field of other latencies", ["latency.oneWayMs=5"], "add latency.model=constant"],
    ["a value out of bounds", ["nodes=20,1"], "with nodes=1: scenario.nodes: must be >= 2"],
    ["a time that is none", ["links.idleMs=soon"], "with links.idleMs=soon: scenario.links.idleMs must be a number of milliseconds"],
    ["what only the model knows", ["churn.model=exponential", "churn.meanMs=1s"], "a mean session of 1000 ms is too short"],
    ["a parameter twice", ["nodes=20", "nodes=30"], "nodes is there twice"],
    ["the same in other words", ["durationMs=60s,1m"], "two points are the same: durationMs=60000"],
    [
      "too many",
      ["seed=1,2,3,4,5,6,7,8,9,10", "nodes=2,3,4,5,6,7,8,9,10,11", "load.findLimit=1,2,3,4,5,6,7,8,9,10,11"],
      "at most 1000 points",
    ],
  ])("with %s are refused before anything runs", async (_, texts, message) => {
    const failure = await failureOf(() => plan(scenarioNamed("partition"), texts));
    expect(failure).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
  });

  test("are not repeated over seeds that are given", async () => {
    const failure = await failureOf(() => plan({}, ["seed=1,2"], 2));
    expect(failure).toMatchObject({ code: "bad_options", message: expect.stringContaining("either give seeds") });
  });
});
