import type { RandomStream } from "./random.ts";

/** Where a host stands in the network, as far as its delays go. */
export interface Place {
  /** Index into the model's regions. */
  readonly region: number;
  /** One way between the host and the backbone, ms. */
  readonly lastMileMs: number;
}

/** How long messages take. */
export interface LatencyModel {
  readonly name: string;
  /** The city or region of a place; empty where the model has none. */
  nameOf(place: Place): string;
  /** Puts a new host somewhere. */
  place(random: RandomStream): Place;
  /** Time of one message from one host to another, ms, without jitter: half the round trip. */
  oneWayMs(from: Place, to: Place): number;
  /** That time as it turns out for one message. */
  sampleMs(from: Place, to: Place, random: RandomStream): number;
}

const EARTH_RADIUS_KM = 6_371;
/** Light in glass covers this much in a millisecond. */
const KM_PER_MS = 200;
/** Cables are longer than great circles, and routers wait: fitted to measured round trips between cloud regions (docs/simulator.md). */
const DETOUR = 1.55;
/** Of every path, whatever its length, ms one way. */
const EQUIPMENT_MS = 1;
/** Last mile, ms one way: log-normal; half of the hosts have less than this, some several times as much. */
const LAST_MILE_MEDIAN_MS = 2;
const LAST_MILE_SIGMA = 0.8;
const LAST_MILE_MAX_MS = 40;
/** Jitter of each message: up to this part of its way, exponentially rare. */
const JITTER_MEAN = 0.03;

/** Latitude, longitude, and share of the world's hosts. */
const CITIES: readonly (readonly [city: string, latitude: number, longitude: number, weight: number])[] = [
  ["Ashburn", 39.0, -77.5, 12],
  ["Chicago", 41.9, -87.6, 6],
  ["Dallas", 32.8, -96.8, 5],
  ["San Jose", 37.3, -121.9, 9],
  ["Seattle", 47.6, -122.3, 4],
  ["Toronto", 43.7, -79.4, 3],
  ["São Paulo", -23.5, -46.6, 4],
  ["Santiago", -33.4, -70.7, 1],
  ["London", 51.5, -0.1, 7],
  ["Paris", 48.9, 2.4, 5],
  ["Frankfurt", 50.1, 8.7, 9],
  ["Stockholm", 59.3, 18.1, 3],
  ["Madrid", 40.4, -3.7, 3],
  ["Johannesburg", -26.2, 28.0, 2],
  ["Dubai", 25.2, 55.3, 2],
  ["Mumbai", 19.1, 72.9, 6],
  ["Singapore", 1.35, 103.8, 6],
  ["Hong Kong", 22.3, 114.2, 4],
  ["Tokyo", 35.7, 139.7, 6],
  ["Sydney", -33.9, 151.2, 3],
];

/** The default: hosts in 20 cities, delays from the distance between them, the last mile, and jitter. */
export function regionLatency(): LatencyModel {
  const delays = CITIES.map((from) => CITIES.map((to) => (distanceKm(from, to) / KM_PER_MS) * DETOUR + EQUIPMENT_MS));
  const total = CITIES.reduce((sum, [, , , weight]) => sum + weight, 0);
  const oneWayMs = (from: Place, to: Place) => ((delays[from.region] as number[])[to.region] as number) + from.lastMileMs + to.lastMileMs;
  return {
    name: "regions",
    nameOf: ({ region }) => CITIES[region]?.[0] ?? "",
    oneWayMs,
    place(random) {
      let rest = random.next() * total;
      const region = CITIES.findIndex(([, , , weight]) => {
        rest -= weight;
        return rest < 0;
      });
      const lastMileMs = Math.min(LAST_MILE_MAX_MS, LAST_MILE_MEDIAN_MS * Math.exp(LAST_MILE_SIGMA * random.normal()));
      return { region: Math.max(0, region), lastMileMs };
    },
    sampleMs: (from, to, random) => oneWayMs(from, to) * (1 + random.exponential(JITTER_MEAN)),
  };
}

/** Every message takes the same time. For tests that state exact expectations. */
export function constantLatency(oneWay: number): LatencyModel {
  const place = { region: 0, lastMileMs: 0 };
  return { name: `constant ${oneWay} ms`, nameOf: () => "", place: () => place, oneWayMs: () => oneWay, sampleMs: () => oneWay };
}

/** Along the great circle (haversine). */
function distanceKm([, lat1, lon1]: (typeof CITIES)[number], [, lat2, lon2]: (typeof CITIES)[number]): number {
  const radians = Math.PI / 180;
  const h =
    Math.sin(((lat2 - lat1) * radians) / 2) ** 2 +
    Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin(((lon2 - lon1) * radians) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h));
}
