import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { backboneMs, type Coordinates } from "../../simulations/engine/latency/regions.ts";

const pathOf = (name: string) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const read = (name: string): unknown => JSON.parse(readFileSync(pathOf(name), "utf8"));

/** Where the measured round trips between 21 cloud regions are. */
export const AWS_FILE = pathOf("aws-rtt.json");

export const AWS = read("aws-rtt.json") as { regions: { code: string; name: string }[]; rttMs: number[][] };

const { cities } = read("aws-cities.json") as { cities: Record<string, Coordinates> };

/** Each pair of different regions once: the mean of both measurements, and what the region model has for the two cities, ms. */
export const AWS_PAIRS: readonly { readonly measuredMs: number; readonly modelledMs: number }[] = AWS.regions.flatMap((a, from) =>
  AWS.regions.slice(0, from).map((b, to) => ({
    measuredMs: ((AWS.rttMs[from]?.[to] as number) + (AWS.rttMs[to]?.[from] as number)) / 2,
    modelledMs: 2 * backboneMs(cities[a.code] as Coordinates, cities[b.code] as Coordinates),
  })),
);
