import type { RandomStream } from "../../engine/random.ts";
import type { FaultSpec, Schedule } from "../../faults/fault-spec.ts";
import { between, MINUTE, maybe, part, SECOND } from "./chance.ts";

/** Faults of one world at most, each with a schedule of its own. */
const MOST = 4;

/** None in a fifth of the worlds. */
export function drawFaults(random: RandomStream, durationMs: number): FaultSpec[] {
  return Array.from({ length: random.integer(MOST + 1) }, () => drawFault(random, drawSchedule(random, durationMs)));
}

function drawFault(random: RandomStream, schedule: Schedule): FaultSpec {
  return random.pick<() => FaultSpec>([
    () => ({ fault: "loss", ...schedule, rate: part(random, 0, 0.4) }),
    () => ({ fault: "delay", ...schedule, rate: part(random, 0, 0.6), addMs: between(random, 10, 20_000) }),
    () => ({ fault: "partition", ...schedule, share: part(random, 0, 0.6), oneWay: maybe(random, 0.3) }),
    () => ({ fault: "clog", ...schedule, share: part(random, 0, 0.5) }),
    () => ({ fault: "crash", ...schedule, share: part(random, 0, 0.7), keepsState: maybe(random, 0.5), forGood: maybe(random, 0.3) }),
    () => ({ fault: "refuse-stores", ...schedule, share: part(random, 0, 1) }),
  ])();
}

/** All along, once, or again and again. */
function drawSchedule(random: RandomStream, durationMs: number): Schedule {
  const fromMs = random.integer(durationMs);
  const lastsMs = between(random, SECOND, 10 * MINUTE);
  return random.pick<Schedule>([
    {},
    { fromMs, untilMs: fromMs + lastsMs },
    { fromMs, everyMs: lastsMs + between(random, SECOND, 10 * MINUTE), lastsMs },
  ]);
}
