import type { RandomStream } from "../random.ts";

/** Lengths of sessions, ms. */
export interface Sessions {
  readonly meanMs: number;
  /** Of a newcomer. */
  whole(random: RandomStream): number;
  /** What is left for a node that is met at a random moment. Long sessions are met more often than short ones: by their length. */
  remaining(random: RandomStream): number;
}

/** Without memory: what is left is as long as a whole one. */
export function exponentialSessions(meanMs: number): Sessions {
  const draw = (random: RandomStream) => random.exponential(meanMs);
  return { meanMs, whole: draw, remaining: draw };
}

/** With a shape below 1, many short sessions and a few very long ones. */
export function weibullSessions(shape: number, scaleMs: number): Sessions {
  return {
    meanMs: scaleMs * Math.exp(logGamma(1 + 1 / shape)),
    whole: (random) => scaleMs * random.exponential(1) ** (1 / shape),
    // A session met at a random moment is drawn in proportion to its length: (length / scale)^shape is then gamma distributed with
    // 1 + 1 / shape. The moment is anywhere in it.
    remaining: (random) => random.next() * scaleMs * gamma(1 + 1 / shape, random) ** (1 / shape),
  };
}

/** Gamma distributed, for shapes from 1 (Marsaglia and Tsang 2000). */
function gamma(shape: number, random: RandomStream): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012,
  9.984369578019572e-6, 1.5056327351493116e-7,
] as const;

/** Logarithm of the gamma function (Lanczos 1964, g = 7), for arguments from 0.5. */
function logGamma(z: number): number {
  const x = z - 1;
  const sum = LANCZOS.reduce((total, coefficient, index) => total + coefficient / (x + index + 1), 0.9999999999998099);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}
