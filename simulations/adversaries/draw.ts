import type { RandomStream } from "../engine/random.ts";
import type { AdversarySpec } from "./adversary-spec.ts";

/** Attacks at once in a drawn world. */
const MOST = 3;
/** Of the members, at most this part is drawn to be adversaries, all attacks together: half could not be withstood by anybody. */
const MOST_SHARE = 0.3;
const MINUTE = 60_000;

/**
 * Draws attacks for a world of some dozens or hundreds of nodes, each with a beginning, an end and a strength of its own; none in a quarter
 * of the draws. All end within half an hour of the measured time.
 */
export function drawAdversaries(random: RandomStream): AdversarySpec[] {
  return Array.from({ length: random.integer(MOST + 1) }, () => drawOne(random));
}

function drawOne(random: RandomStream): AdversarySpec {
  const fromMs = random.integer(10) * MINUTE;
  const times = { fromMs, untilMs: fromMs + (1 + random.integer(20)) * MINUTE };
  const hosts = { share: random.next() * (MOST_SHARE / MOST) };
  const own = { count: 1 + random.integer(20), oneSubnet: random.next() < 0.5 };
  const perSecond = 0.1 + 5 * random.next();
  const sessionMs = (10 + random.integer(120)) * 1_000;
  const capability = `skill-${random.integer(5)}`;
  return random.pick<AdversarySpec>([
    { adversary: "droppers", ...times, ...hosts },
    { adversary: "liars", ...times, ...hosts },
    { adversary: "silent", ...times, ...hosts, rate: random.next() },
    { adversary: "hiders", ...times, ...hosts, how: random.pick(["hide", "truncate", "endless", "split"]) },
    { adversary: "ground-ids", ...times, ...own, capability },
    { adversary: "poisoners", ...times, ...own, perSecond, claim: random.pick(["nowhere", "victims"]), sessionMs },
    { adversary: "sybils", ...times, ...own, sessionMs },
    {
      adversary: "record-flood",
      ...times,
      ...own,
      capability,
      perSecond,
      ...(random.next() < 0.5 && { publishers: 1 + random.integer(5) }),
    },
    { adversary: "forgers", ...times, ...hosts, perSecond },
  ]);
}
