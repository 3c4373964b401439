import { describe, expect, test } from "vitest";
import { bytes, count, difference, duration, percent, quantity } from "../../../simulations/report/format.ts";
import { fittingScale, linearScale, logScale, timeScale } from "../../../simulations/report/scales.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("Numbers for people:", () => {
  test.each([
    [count(1_234), "1,234"],
    [count(12_345_678), "12,345,678"],
    [count(12.34), "12.3"],
    [count(0.045), "0.045"],
    [count(-3), "−3"],
    [count(1e300), "1.0 × 10^300"],
    [bytes(12_345), "12.3 KB"],
    [bytes(999), "999 B"],
    [bytes(1_234_567), "1.23 MB"],
    [duration(0), "0 ms"],
    [duration(0.44), "0.4 ms"],
    [duration(212), "212 ms"],
    [duration(1_234), "1.23 s"],
    [duration(80_000), "1 min 20 s"],
    [duration(4_800_000), "1 h 20 min"],
    [duration(183_600_000), "2 d 3 h"],
    [percent(0.9997), "99.97 %"],
    [percent(1), "100 %"],
    [percent(0.999999), "> 99.99 %"],
    [percent(0.000001), "< 0.01 %"],
    [quantity(231, "B/s"), "231 B/s"],
    [quantity(1_500, "bytes a second and node"), "1.5 KB a second and node"],
    [quantity(99.5, "%"), "99.5 %"],
    [quantity(null, "ms"), "–"],
    [quantity(Number.NaN, "ms"), "–"],
    [difference(90, 100, "ms"), "−10 %"],
    [difference(0.98, 0.99, "part"), "−1 pp"],
    [difference(5, 5, "ms"), "same"],
    [difference(5, 0, "ms"), ""],
  ])("%s is %s", (written, expected) => expect(plain(written)).toBe(expected));
});

describe("Ticks", () => {
  const labels = (scale: { ticks: readonly { label: string }[] }) => scale.ticks.map(({ label }) => plain(label));

  test("are round", () => {
    expect(labels(linearScale(0, 937, "", 5))).toEqual(["0", "200", "400", "600", "800", "1,000"]);
    expect(labels(linearScale(0.95, 1, "part", 5))).toEqual(["95 %", "96 %", "97 %", "98 %", "99 %", "100 %"]);
    expect(labels(linearScale(0, 40_000, "B/s", 2))).toEqual(["0", "20 KB/s", "40 KB/s"]);
    expect(labels(linearScale(0, 40_000, "bytes", 2))).toEqual(["0", "20 KB", "40 KB"]);
    expect(labels(timeScale(3_600_000))).toEqual(["0", "10 min", "20 min", "30 min", "40 min", "50 min", "1 h"]);
    expect(labels(logScale(10, 1_000, "ms"))).toEqual(["10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"]);
  });

  test("are few, and every value is within the axis, however large", () => {
    for (const most of [0, 1e-300, 0.1, 1, 7, 1e6, 1e300, Number.MAX_VALUE]) {
      for (const scale of [linearScale(0, most, ""), fittingScale([1, most], "ms"), timeScale(most), logScale(most / 100, most, "")]) {
        expect(scale.ticks.length).toBeLessThanOrEqual(42);
        for (const at of [scale.at(most), scale.at(-most), scale.at(Number.NaN), ...scale.ticks.map((tick) => tick.at)]) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(1);
        }
      }
    }
  });
});
