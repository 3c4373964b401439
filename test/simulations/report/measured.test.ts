import { expect, test } from "vitest";
import { measuredPart } from "../../../simulations/report/measured.ts";

const values = Array.from({ length: 10 }, (_, index) => index);
const series = { stepMs: 1_000, columns: [{ name: "live nodes", unit: "", values }] };
const marks = [{ label: "cut", fromMs: 5_000, untilMs: 7_000 }];

test("Time begins where the network had grown and settled, for what was measured and for what was done to it", () => {
  const measured = measuredPart({ scenario: { nodes: 10, growthMs: 100, settleMs: 2_000 }, series, marks });
  expect(measured.series.columns[0]?.values).toEqual([3, 4, 5, 6, 7, 8, 9]);
  expect(measured.marks).toEqual([{ label: "cut", fromMs: 2_000, untilMs: 4_000 }]);
});

test.each([
  ["that does not say how it grew", {}],
  ["whose times are none", { nodes: "many", growthMs: 1, settleMs: Number.NaN }],
  ["that is over before", { nodes: 1_000, growthMs: 1_000, settleMs: 0 }],
  ["that has no such time", { nodes: 10, growthMs: 0, settleMs: 0 }],
])("A recording %s is shown as it is", (_, scenario) => {
  expect(measuredPart({ scenario, series, marks })).toEqual({ series, marks });
});
