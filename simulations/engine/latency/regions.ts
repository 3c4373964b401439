import type { LatencyModel, Place } from "./latency-model.ts";
import { drawLastMileMs, type LastMile, weightedIndex } from "./placing.ts";

/** Degrees, north and east positive. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

const EARTH_RADIUS_KM = 6_371;
/** Light in glass covers this much in a millisecond. */
const KM_PER_MS = 200;
/** Cables are longer than great circles, and routers wait: fitted to measured round trips between cloud regions (docs/simulator.md). */
const DETOUR = 1.55;
/** Of every path, whatever its length, ms one way. */
const EQUIPMENT_MS = 1;
const LAST_MILE: LastMile = { medianMs: 2, sigma: 0.8, maxMs: 40 };
/** Jitter of each message: this part of its way on average, exponentially distributed. */
const JITTER_MEAN = 0.03;

interface City extends Coordinates {
  readonly name: string;
  /** Share of the world's hosts. */
  readonly weight: number;
}

const CITIES: readonly City[] = [
  { name: "Ashburn", latitude: 39.0, longitude: -77.5, weight: 12 },
  { name: "Chicago", latitude: 41.9, longitude: -87.6, weight: 6 },
  { name: "Dallas", latitude: 32.8, longitude: -96.8, weight: 5 },
  { name: "San Jose", latitude: 37.3, longitude: -121.9, weight: 9 },
  { name: "Seattle", latitude: 47.6, longitude: -122.3, weight: 4 },
  { name: "Toronto", latitude: 43.7, longitude: -79.4, weight: 3 },
  { name: "São Paulo", latitude: -23.5, longitude: -46.6, weight: 4 },
  { name: "Santiago", latitude: -33.4, longitude: -70.7, weight: 1 },
  { name: "London", latitude: 51.5, longitude: -0.1, weight: 7 },
  { name: "Paris", latitude: 48.9, longitude: 2.4, weight: 5 },
  { name: "Frankfurt", latitude: 50.1, longitude: 8.7, weight: 9 },
  { name: "Stockholm", latitude: 59.3, longitude: 18.1, weight: 3 },
  { name: "Madrid", latitude: 40.4, longitude: -3.7, weight: 3 },
  { name: "Johannesburg", latitude: -26.2, longitude: 28.0, weight: 2 },
  { name: "Dubai", latitude: 25.2, longitude: 55.3, weight: 2 },
  { name: "Mumbai", latitude: 19.1, longitude: 72.9, weight: 6 },
  { name: "Singapore", latitude: 1.35, longitude: 103.8, weight: 6 },
  { name: "Hong Kong", latitude: 22.3, longitude: 114.2, weight: 4 },
  { name: "Tokyo", latitude: 35.7, longitude: 139.7, weight: 6 },
  { name: "Sydney", latitude: -33.9, longitude: 151.2, weight: 3 },
];

/** The default: hosts in 20 cities, delays from the distance between them, the last mile, and jitter. */
export function regionLatency(): LatencyModel {
  const delays = CITIES.map((from) => CITIES.map((to) => backboneMs(from, to)));
  const drawCity = weightedIndex(CITIES.map(({ weight }) => weight));
  const oneWayMs = (from: Place, to: Place) => ((delays[from.region] as number[])[to.region] as number) + from.lastMileMs + to.lastMileMs;
  return {
    name: "regions",
    nameOf: ({ region }) => CITIES[region]?.name ?? "",
    oneWayMs,
    place: (random) => ({ region: drawCity(random), lastMileMs: drawLastMileMs(LAST_MILE, random), key: 0 }),
    sampleMs: (from, to, random) => oneWayMs(from, to) * (1 + random.exponential(JITTER_MEAN)),
  };
}

/** One way between two points of the backbone as the region model has it, ms, without last miles and jitter. */
export function backboneMs(from: Coordinates, to: Coordinates): number {
  return (distanceKm(from, to) / KM_PER_MS) * DETOUR + EQUIPMENT_MS;
}

/** Along the great circle (haversine). */
function distanceKm(from: Coordinates, to: Coordinates): number {
  const radians = Math.PI / 180;
  const h =
    Math.sin(((to.latitude - from.latitude) * radians) / 2) ** 2 +
    Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * Math.sin(((to.longitude - from.longitude) * radians) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h));
}
