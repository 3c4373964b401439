import type { ChurnSpec, LengthSpec } from "../../engine/churn/churn-spec.ts";
import type { RandomStream } from "../../engine/random.ts";
import { between, MINUTE, maybe, part, SECOND } from "./chance.ts";

/** Sessions of a drawn trace. */
const TRACED = 40;

/** In half of the worlds nodes come and go: by any of the models, some gracefully, some to come back. */
export function drawChurn(random: RandomStream, durationMs: number): ChurnSpec | null {
  const sessions = drawSessions(random, durationMs);
  const farewell = {
    ...(maybe(random, 0.5) && { graceful: part(random, 0, 1) }),
    ...(maybe(random, 0.5) && { returning: part(random, 0, 1), pauseMs: between(random, SECOND, 20 * MINUTE) }),
  };
  return maybe(random, 0.5) ? { ...sessions, ...farewell } : null;
}

function drawSessions(random: RandomStream, durationMs: number): LengthSpec {
  const meanMs = between(random, MINUTE, 60 * MINUTE);
  return random.pick<() => LengthSpec>([
    () => ({ model: "exponential", meanMs }),
    () => ({ model: "weibull", shape: part(random, 0.4, 2), scaleMs: meanMs }),
    () => ({ model: "kad" }),
    () => ({ model: "ipfs" }),
    () => ({ model: "trace", sessions: Array.from({ length: TRACED }, () => drawStay(random, durationMs)) }),
  ])();
}

function drawStay(random: RandomStream, durationMs: number): [fromMs: number, untilMs: number] {
  const fromMs = random.integer(durationMs);
  return [fromMs, fromMs + between(random, 30 * SECOND, 60 * MINUTE)];
}
