import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../../../simulations/index.ts";
import { Random } from "../../support/random.ts";
import { isLeftOut, launch, title } from "./browser.ts";
import { imitateComparison, imitateRun, imitateSweep } from "./imitation.ts";
import { DRAWN_CURVES, type Drawn, FAINT_TEXTS } from "./in-page.ts";
import { emptyRecording, nastyRecording } from "./recordings.ts";

const PAGES = {
  run: () => renderReport([imitateRun()]),
  comparison: () => renderReport(imitateComparison()),
  sweep: () => renderReport(imitateSweep()),
  nothing: () => renderReport([emptyRecording()]),
  nasty: () => renderReport([nastyRecording(new Random(5)), nastyRecording(new Random(6))]),
} as const;
type Name = keyof typeof PAGES;

describe.skipIf(isLeftOut)(`In a browser, a report${title}`, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "synapse-report-"));
    for (const [name, render] of Object.entries(PAGES)) await writeFile(join(folder, `${name}.html`), render());
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a page, lets the test look at it, and sees that it neither complained nor asked for anything. */
  async function look<T>(name: Name, options: Parameters<Browser["newPage"]>[0], looking: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => complaints.push(`request of ${request.url()}`));
    const address = pathToFileURL(join(folder, `${name}.html`)).href;
    await page.goto(address);
    const seen = await looking(page);
    await page.close();
    expect(complaints).toEqual([`request of ${address}`]);
    return seen;
  }

  /** Looks at one page at several widths. */
  async function atWidths(name: Name, widths: readonly number[], looking: (page: Page, width: number) => Promise<void>): Promise<void> {
    await look(name, {}, async (page) => {
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        await looking(page, width);
      }
    });
  }

  test.each(["run", "comparison", "sweep"] as const)("%s draws its curves inside their charts, at every width", async (name) => {
    await atWidths(name, [380, 800, 1_600], async (page) => {
      const drawn = await page.evaluate<Drawn[]>(DRAWN_CURVES);
      expect(drawn.length).toBeGreaterThan(15);
      expect(drawn.filter(({ isDrawn, isInside }) => !isDrawn || !isInside)).toEqual([]);
    });
  });

  test.each(Object.keys(PAGES) as Name[])("%s fits its width", async (name) => {
    await atWidths(name, [380, 1_600], async (page, width) => {
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(width);
    });
  });

  test.each(["light", "dark"] as const)("has text that stands out from its ground by 4.5 : 1, in %s", async (colorScheme) => {
    for (const name of ["run", "comparison"] as const) {
      expect(
        await look(name, { colorScheme, viewport: { width: 1_280, height: 900 } }, (page) => page.evaluate<string[]>(FAINT_TEXTS)),
      ).toEqual([]);
    }
  });

  test("shows the values under the pointer, of all charts at one time", async () => {
    await look("run", { viewport: { width: 1_280, height: 900 } }, async (page) => {
      await page.locator(".plot.time svg.chart").first().hover();
      expect(await page.locator(".tip").textContent()).toMatch(/40\smin.*lookups.*%/);
      expect(await page.locator(".ruler:visible").count()).toBe(await page.locator(".plot.time").count());
      await page.locator(".plot.distribution svg.chart").first().hover();
      expect(await page.locator(".tip").textContent()).toMatch(/50 % within.*ms/);
    });
  });

  test("shades the side to which a table goes on, and no other", async () => {
    await look("run", { viewport: { width: 400, height: 900 }, colorScheme: "light" }, async (page) => {
      const table = page.locator(".scroll.card").first();
      /** Screenshots of its left and its right edge: the same wherever nothing is shaded. */
      const edges = async () => {
        const { x, y, height, width } = (await table.boundingBox()) ?? { x: 0, y: 0, height: 0, width: 0 };
        const strip = (at: number) => page.screenshot({ clip: { x: at, y: y + height - 8, width: 4, height: 4 } });
        return [await strip(x + 12), await strip(x + width - 16)].map((image) => image.toString("base64"));
      };
      await table.scrollIntoViewIfNeeded();
      const [plain, more] = await edges();
      expect(more).not.toBe(plain);
      await table.evaluate((element) => element.scrollTo(100_000, 0));
      const [before, end] = await edges();
      expect(before).not.toBe(plain);
      expect(end).toBe(plain);
    });
  });

  test("hides a run when its box is cleared, even without scripts", async () => {
    await look("comparison", { javaScriptEnabled: false }, async (page) => {
      const curves = page.locator("path.curve.run-1");
      expect(await curves.first().isVisible()).toBe(true);
      await page.locator("#show-1").uncheck();
      expect(await curves.filter({ visible: true }).count()).toBe(0);
    });
  });
});
