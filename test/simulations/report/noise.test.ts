import { describe, expect, test } from "vitest";
import { isNoise } from "../../../simulations/report/noise.ts";

describe("What chance can do", () => {
  test.each<[string, number, number, boolean, number | undefined, boolean]>([
    ["a tenth more of 59 joins", 1.1, 1, false, 59, true],
    ["a fifth more of 59 joins", 1.2, 1, false, 59, false],
    ["a fiftieth more of 10,000 lookups", 1.02, 1, false, 10_000, false],
    ["two of 600 that failed", 1 - 2 / 600, 1, true, 600, true],
    ["sixty of 600 that failed", 0.9, 1, true, 600, false],
    ["one of three that failed", 2 / 3, 1, true, 3, true],
    ["half a percent of all bytes", 1.005, 1, false, undefined, true],
    ["a twentieth of all bytes", 0.95, 1, false, undefined, false],
    ["nothing of nothing", 0, 0, false, 0, true],
  ])("%s", (_, value, first, isShare, samples, expected) => {
    expect(isNoise(value, first, isShare, samples)).toBe(expected);
    expect(isNoise(first, value, isShare, samples)).toBe(expected);
  });
});
