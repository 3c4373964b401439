import { describe, expect, test } from "vitest";
import type { Picture } from "../../../simulations/index.ts";
import { kindKeys, overlayPicture } from "../../../simulations/report/overlay-picture.ts";

const SIDE = 400;
/** Of a number of two digits at the size that the page gives it. */
const [WIDTH, HEIGHT] = [11, 9];

/** A lookup that asks so many nodes in a row, from one place of the ring on. */
function picture(from: number, apart: number, asked = 30): Picture {
  const nodes = Array.from({ length: asked + 1 }, (_, index) => ({ at: (from + index * apart) % 1, kind: "node", place: "" }));
  const requests = Array.from({ length: asked }, (_, index) => {
    return { to: index + 1, sentMs: index, endedMs: index + 1, outcome: "answered" as const, sharedBits: 1, inResult: false };
  });
  const edges = nodes.map((_, index): [number, number] => [0, index]);
  return { nodes, edges, lookup: { target: from, from: 0, requests } };
}

function numbersOf(source: string): { x: number; y: number }[] {
  return [...source.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
}

describe("In the picture of the overlay", () => {
  const places = Array.from({ length: 16 }, (_, index) => [index / 16] as const);

  test.each(places)("no number covers another or what is around, for a lookup at %d of the ring", (from) => {
    for (const apart of [0.002, 0.01, 0.03]) {
      const numbers = numbersOf(overlayPicture(picture(from, apart))?.source ?? "");
      expect(numbers.length).toBeGreaterThan(5);
      for (const [index, { x, y }] of numbers.entries()) {
        expect(Math.min(x - WIDTH / 2, y - HEIGHT)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x + WIDTH / 2, y)).toBeLessThanOrEqual(SIDE);
        const covered = numbers.slice(0, index).filter((other) => Math.abs(other.x - x) < WIDTH && Math.abs(other.y - y) < HEIGHT);
        expect(covered).toEqual([]);
      }
    }
  });

  test("nothing is drawn of who knows whom", () => {
    const few = overlayPicture({ ...picture(0, 0.01), edges: [] });
    expect(overlayPicture(picture(0, 0.01))?.source).toBe(few?.source);
  });

  test("several of a kind are spelled as people do", () => {
    const kinds = ["node", "node", "adversary", "adversary", "slow", "slow", "client"];
    const { source } = kindKeys(kinds.map((kind) => ({ at: 0, kind, place: "" })));
    expect(source.replace(/<[^>]*>/g, "|").split(/\|+/)).toEqual(
      expect.arrayContaining(["2\u00a0nodes", "2\u00a0adversaries", "2\u00a0slow nodes", "1\u00a0client"]),
    );
  });
});
