import { describe, expect, test } from "vitest";
import { type Recording, renderReport, type TargetResult } from "../../../simulations/index.ts";
import { Random } from "../../support/random.ts";
import { imitateComparison, imitateRun, imitateSweep } from "./imitation.ts";
import { emptyRecording, nastyRecording } from "./recordings.ts";
import { type Element, parsePage } from "./well-formed.ts";

/** One run in all its detail, and each further one. */
const MOST_CHARACTERS = 2_000_000;
const EACH_FURTHER = 800_000;
/** Elements and attributes by which a page could load something, send something, or run something. */
const REACHES_OUT = [
  "img",
  "image",
  "link",
  "iframe",
  "object",
  "embed",
  "form",
  "a",
  "use",
  "foreignObject",
  "base",
  "video",
  "audio",
  "animate",
  "set",
];
const REACHING_ATTRIBUTES = /^(on.*|href|src|srcset|xlink:href|style|action|formaction|poster|background|ping)$/;

describe("A report of recordings", () => {
  const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

  test.each(SEEDS)("at or beyond the ends of what they may hold is a sound page: seed %i", (seed) => {
    const random = new Random(seed);
    const recordings = Array.from({ length: seed % 3 === 0 ? 1 + random.int(12) : 1 }, () => nastyRecording(random));
    expectSound(renderReport(recordings), recordings.length);
  });

  test("with nothing in them, or that are none, is a sound page", () => {
    expectSound(renderReport([]), 0);
    expectSound(renderReport([emptyRecording()]), 1);
    expectSound(renderReport([emptyRecording(), emptyRecording()]), 2);
    expectSound(renderReport([emptyRecording(), imitateRun()]), 2);
  });

  test("of one step, one node and one request is a sound page with its charts", () => {
    const run = imitateRun();
    const { nodes, lookup } = run.picture;
    const small: Recording = {
      ...run,
      curves: run.curves.map((curve) => ({ ...curve, points: [[0, 1]] })),
      series: { stepMs: 1_000, columns: run.series.columns.map((column) => ({ ...column, values: [0] })) },
      loadByNode: [7],
      picture: {
        nodes: nodes.slice(0, 1),
        edges: [],
        lookup: lookup && { ...lookup, from: 0, requests: lookup.requests.slice(0, 1).map((each) => ({ ...each, to: 0 })) },
      },
    };
    const elements = expectSound(renderReport([small]), 1);
    expect(charts(elements)).toHaveLength(charts(expectSound(renderReport([run]), 1)).length);
  });

  test("of 1 to 12 runs is a sound page that names each in its table", () => {
    const sizes = Array.from({ length: 12 }, (_, index) => 50 * (index + 1));
    for (const number of [1, 2, 3, 8, 12]) {
      const page = renderReport(imitateSweep(sizes.slice(0, number)));
      expectSound(page, number);
      if (number > 1) for (const size of sizes.slice(0, number)) expect(page).toContain(`nodes ${size}</small>`);
    }
  });

  test("is the same to the byte for the same recordings", () => {
    expect(renderReport(imitateComparison())).toBe(renderReport(imitateComparison()));
  });

  test("says what was run, what it takes to run it again, and which targets were missed", () => {
    const page = renderReport([imitateRun()], { title: "A <fine> run" });
    expect(page).toContain("<title>A &lt;fine&gt; run</title>");
    expect(page).toContain("synapse simulate partition --nodes 1000 --seed 1");
    expect(page).toContain("1 h 20 min".replaceAll(" ", "\u00a0"));
    expect(page).toContain("2 of 6\u00a0targets missed.");
    expect(page).toContain("partition, 30 % cut off");
  });

  test.each([
    [0, 1, "Its one target was missed."],
    [1, 1, "Its one target was reached."],
    [1, 2, "1 of 2\u00a0targets missed."],
    [2, 2, "All 2\u00a0targets reached."],
    [0, 0, "No targets were set for this run."],
  ])("says in words that %i of %i targets were reached", (reached, of, words) => {
    const [target] = imitateRun().targets;
    const targets = Array.from({ length: of }, (_, n) => ({ ...(target as TargetResult), reached: n < reached }));
    expect(renderReport([{ ...imitateRun(), targets }])).toContain(words);
  });

  test("lets curves be seen through shades, however many lie over each other", () => {
    const marks = (count: number) => Array.from({ length: count }, (_, n) => ({ label: `loss ${n}`, fromMs: 0, untilMs: 1e6 }));
    const strengths = (count: number) => {
      const page = renderReport([{ ...imitateRun(), marks: marks(count) }]);
      return new Set([...page.matchAll(/class="band" fill-opacity="([\d.]+)"/g)].map(([, strength]) => strength));
    };
    expect([strengths(1), strengths(8)]).toEqual([new Set(["1.00"]), new Set(["0.25"])]);
  });

  test("says how much better or worse each run did than the first", () => {
    const page = renderReport([...imitateComparison(), imitateRun({ k: 24, slowness: 1.25 })]);
    expect(page).toContain("−17\u00a0%<span> better</span>");
    expect(page).toContain("%<span> worse</span>");
  });

  test("shows exceptions that nobody caught before anything else", () => {
    const run = imitateRun();
    const page = renderReport([{ ...run, figures: { ...run.figures, faults: ["TypeError: <x> is not a function"] } }]);
    expect(page).toContain("TypeError: &lt;x&gt; is not a function");
    expect(page.indexOf("that nobody caught")).toBeLessThan(page.indexOf('class="targets'));
  });
});

/** Well formed, bounded, without a number that is none, and with nothing that reaches out of the page. */
function expectSound(page: string, runs: number): Element[] {
  const elements = parsePage(page);
  const own = page.replace(/<style>.*?<\/style>|<script>.*?<\/script>/gs, "");
  expect([...own.matchAll(/.{0,60}(?:NaN|Infinity|undefined|\[object).{0,30}/g)].slice(0, 5).map(([around]) => around)).toEqual([]);
  expect(page.length).toBeLessThan(MOST_CHARACTERS + Math.max(0, runs - 1) * EACH_FURTHER);
  expect(elements.filter(({ name }) => REACHES_OUT.includes(name))).toEqual([]);
  expect(elements.flatMap(({ attributes }) => [...attributes.keys()].filter((name) => REACHING_ATTRIBUTES.test(name)))).toEqual([]);
  expect(elements.filter(({ name }) => name === "script" || name === "style")).toHaveLength(2);
  expect(/url\(|@import|@font-face/.exec(page)).toBeNull();
  for (const chart of charts(elements)) expect(chart.attributes.get("aria-label")).toBeTruthy();
  return elements;
}

function charts(elements: readonly Element[]): Element[] {
  return elements.filter(({ attributes }) => attributes.get("role") === "img");
}
