import type { Picture, PicturedLookup, PicturedNode, PicturedRequest } from "../recording.ts";
import { plural } from "./format.ts";
import { coordinate, cut, element, type Markup } from "./markup.ts";
import { rampColour } from "./palette.ts";
import { finite } from "./scales.ts";
import { shape, shapeColour, shapeIndex } from "./shapes.ts";

/** The drawing is a square of this many units; on most screens a unit is a pixel or a little more. */
const SIZE = 400;
const MIDDLE = SIZE / 2;
/** Leaves room for the numbers in all lanes: what lies outside the square would cover the text around it. */
const RADIUS = 150;
/** What a number of two digits takes, with a little air. */
const NUMBER = { width: 16, height: 12 };
/** From the ring to the middle of the numbers in the first lane, and from there to the next. */
const TO_NUMBERS = 13;
const LANE = 14;
const NUMBER_LANES = 3;
/** Kinds that are named under the picture. */
const MAX_KINDS = 8;
/** Kinds of hosts of which several are not spelled with an s. */
const PLURALS: Readonly<Record<string, string>> = { adversary: "adversaries", slow: "slow nodes" };

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

/** The nodes on the ring of ids, and one lookup walking through them. Who knows whom is left out: thousands of chords hide the lookup. */
export function overlayPicture({ nodes, lookup }: Picture): Markup | undefined {
  if (nodes.length === 0) return undefined;
  const spots = nodes.map(({ at }) => spotAt(finite(at)));
  const kinds = nodes.map(({ kind }) => kind);
  const size = nodes.length > 250 ? 0.8 : nodes.length > 80 ? 1 : 1.3;
  const asked = `${lookup ? `, and one lookup with ${plural(lookup.requests.length, "request")}` : ""}`;
  return element(
    "svg",
    {
      class: "ring",
      viewBox: `0 0 ${SIZE} ${SIZE}`,
      role: "img",
      "aria-label": `${plural(nodes.length, "node")} on the ring of ids${asked}`,
    },
    element("circle", { cx: MIDDLE, cy: MIDDLE, r: RADIUS, class: "orbit" }),
    element(
      "g",
      { class: "nodes" },
      nodes.map((node, index) => nodeShape(node, spots[index], kinds, size)),
    ),
    lookup && walk(lookup, nodes, spots),
  );
}

/** Which shape is what, and how many of each there are. */
export function kindKeys(nodes: readonly PicturedNode[]): Markup {
  const kinds = nodes.map(({ kind }) => kind);
  const keys = [...new Set(kinds)].slice(0, MAX_KINDS).map((kind) => {
    const index = shapeIndex(kind, kinds);
    const glyph = element(
      "svg",
      { class: "glyph", viewBox: "-6 -6 12 12", "aria-hidden": "true" },
      shape(index, 0, 0, 1.2, shapeColour(index)),
    );
    return element("span", {}, glyph, plural(kinds.filter((each) => each === kind).length, cut(kind, 24), PLURALS[kind]));
  });
  return element("p", { class: "keys" }, keys);
}

function spotAt(at: number): Spot {
  const angle = (at - Math.floor(at)) * 2 * Math.PI - Math.PI / 2;
  return { angle, ...polar(angle, RADIUS) };
}

function polar(angle: number, radius: number): { x: number; y: number } {
  return { x: MIDDLE + radius * Math.cos(angle), y: MIDDLE + radius * Math.sin(angle) };
}

function nodeShape({ kind, place }: PicturedNode, spot: Spot | undefined, kinds: readonly string[], size: number): Markup | undefined {
  if (spot === undefined) return undefined;
  const index = shapeIndex(kind, kinds);
  const drawn = shape(index, spot.x, spot.y, kind === "node" ? size : size * 1.3, shapeColour(index));
  return element("g", {}, drawn, element("title", {}, cut(place === "" ? kind : `${kind}, ${place}`, 80)));
}

function walk(lookup: PicturedLookup, nodes: readonly PicturedNode[], spots: readonly Spot[]): Markup {
  const from = spots[lookup.from];
  const target = spotAt(finite(lookup.target));
  const last = Math.max(1, lookup.requests.length - 1);
  const taken: { x: number; y: number }[] = [];
  const steps = lookup.requests.map((request, index) => {
    const to = spots[request.to];
    if (to === undefined || from === undefined) return undefined;
    return step(request, index, rampColour(index / last), from, to, taken);
  });
  return element("g", { class: "walk" }, targetMark(target), steps, from && asker(from, nodes[lookup.from]));
}

function step(
  { outcome, inResult }: PicturedRequest,
  index: number,
  colour: string,
  from: Spot,
  to: Spot,
  taken: { x: number; y: number }[],
): Markup {
  const isFailed = outcome === "failed";
  const place = placeForNumber(to, taken);
  const d = `M${coordinate(from.x)} ${coordinate(from.y)}L${coordinate(to.x)} ${coordinate(to.y)}`;
  return element(
    "g",
    { class: colour },
    element("title", {}, `Request ${index + 1}: ${isFailed ? "failed" : "answered"}${inResult ? ", in the result" : ""}`),
    element("path", { d, class: isFailed ? "request failed" : "request" }),
    isFailed ? cross(to) : element("circle", { cx: to.x, cy: to.y, r: inResult ? 4.2 : 3, class: inResult ? "asked result" : "asked" }),
    place && place.lane > 0 ? element("line", { x1: to.x, y1: to.y, x2: place.x, y2: place.y, class: "leader" }) : undefined,
    place && element("text", { x: place.x, y: place.y + 3, "text-anchor": "middle", class: "step" }, String(index + 1)),
  );
}

/** Beside the ring, as far out as it must not to cover another number. */
function placeForNumber({ angle }: Spot, taken: { x: number; y: number }[]): { x: number; y: number; lane: number } | undefined {
  for (let lane = 0; lane < NUMBER_LANES; lane++) {
    const place = polar(angle, RADIUS + TO_NUMBERS + lane * LANE);
    if (taken.every(({ x, y }) => Math.abs(x - place.x) >= NUMBER.width || Math.abs(y - place.y) >= NUMBER.height)) {
      taken.push(place);
      return { ...place, lane };
    }
  }
  return undefined;
}

function cross({ x, y }: Spot): Markup {
  const d = `M${coordinate(x - 3)} ${coordinate(y - 3)}l6 6m0-6l-6 6`;
  return element("path", { d, class: "cross" });
}

function targetMark({ angle }: Spot): Markup {
  const [tip, left, right] = [polar(angle, RADIUS - 7), polar(angle - 0.05, RADIUS - 20), polar(angle + 0.05, RADIUS - 20)];
  const d = `M${[tip, left, right].map(({ x, y }) => `${coordinate(x)} ${coordinate(y)}`).join("L")}Z`;
  return element("g", { class: "target" }, element("path", { d }), element("title", {}, "The target of the lookup"));
}

function asker({ x, y }: Spot, node: PicturedNode | undefined): Markup {
  const title = element("title", {}, cut(`Who asks${node?.place ? `, in ${node.place}` : ""}`, 80));
  return element("g", {}, element("circle", { cx: x, cy: y, r: 6, class: "asker" }), title);
}
