import { compileQuery, type Offer, type Query } from "../../../dht/index.ts";
import type { RandomStream } from "../../engine/random.ts";

/** Capabilities that agents are drawn from, the first by far the most frequent: it is offered by more than one key has room for. */
const CAPABILITIES = 12;
const LANGUAGES = ["go", "python", "rust", "typescript"];
const FLAGS = ["verified", "gpu", "fast"];
const VERSIONS = ["0.9.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.1", "2.0.0"];
/** Offers of one agent at most. */
const MAX_OFFERS = 3;

/** What an agent offers: a few capabilities, each with facts of its own. */
export function drawOffers(random: RandomStream, name: string): Offer[] {
  const names = new Set(Array.from({ length: 1 + random.integer(MAX_OFFERS) }, () => drawCapability(random)));
  return [...names].map((capability) => ({
    capability,
    name,
    role: "agent",
    description: "",
    version: random.pick(VERSIONS),
    attributes: drawAttributes(random),
  }));
}

function drawAttributes(random: RandomStream): Offer["attributes"] {
  return {
    ...(random.next() < 0.9 && { lang: random.pick(LANGUAGES) }),
    ...(random.next() < 0.9 && { price: random.integer(100) / 100 }),
    ...Object.fromEntries(FLAGS.filter(() => random.next() < 0.4).map((flag) => [flag, random.next() < 0.7])),
  };
}

/** `work-0` in two of five cases. One in three has a second level. */
function drawCapability(random: RandomStream): string {
  const number = random.next() < 0.4 ? 0 : random.integer(CAPABILITIES);
  return random.next() < 1 / 3 ? `work-${number}/part-${random.integer(3)}` : `work-${number}`;
}

/** A query that has something to look for: AND, OR, NOT, ranges, prefixes, k of n, in all mixtures, but none with too many alternatives. */
export function drawQuery(random: RandomStream): Query {
  for (;;) {
    const query = drawAny(random);
    if (isAllowed(query)) return query;
  }
}

function isAllowed(query: Query): boolean {
  try {
    compileQuery(query);
    return true;
  } catch {
    return false;
  }
}

function drawAny(random: RandomStream): Query {
  const conditions = Array.from({ length: random.integer(4) }, () => drawCondition(random, 1));
  const head = drawHead(random);
  return conditions.length === 0 ? head : { kind: "all", of: [head, ...conditions] };
}

function drawHead(random: RandomStream): Query {
  const of = () => Array.from({ length: 2 + random.integer(2) }, () => drawName(random));
  switch (random.integer(6)) {
    case 0:
      return { kind: "any", of: of() };
    case 1:
      return { kind: "all", of: of() };
    case 2:
      return { kind: "some", least: 2, of: [drawName(random), ...of()] };
    default:
      return drawName(random);
  }
}

function drawName(random: RandomStream): Query {
  const name = drawCapability(random);
  if (!name.includes("/") && random.next() < 0.2) return { kind: "below", name };
  return { kind: random.next() < 0.5 ? "word" : "offers", name };
}

function drawCondition(random: RandomStream, depth: number): Query {
  const kinds = depth > 0 ? 8 : 5;
  switch (random.integer(kinds)) {
    case 0:
      return { kind: "compare", field: "lang", operator: random.pick(["=", "!="] as const), value: random.pick(LANGUAGES) };
    case 1:
    case 2:
      return { kind: "compare", field: "price", operator: random.pick(["<", "<=", ">", ">="] as const), value: random.integer(100) / 100 };
    case 3:
      return {
        kind: "compare",
        field: "version",
        operator: random.pick(["<", "<=", "=", ">", ">="] as const),
        value: random.pick(VERSIONS),
      };
    case 4:
      return { kind: "word", name: random.pick(FLAGS) };
    case 5:
      return { kind: "not", of: drawInner(random, depth) };
    case 6:
      return { kind: "any", of: [drawInner(random, depth), drawInner(random, depth)] };
    default:
      return {
        kind: "some",
        least: 1 + random.integer(3),
        of: [drawInner(random, depth), drawInner(random, depth), drawInner(random, depth)],
      };
  }
}

/** Beside conditions, now and then another capability. */
function drawInner(random: RandomStream, depth: number): Query {
  return random.next() < 0.2 ? { kind: "offers", name: drawCapability(random) } : drawCondition(random, depth - 1);
}
