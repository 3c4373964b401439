import type { RandomStream } from "../random.ts";
import { badSpec, kind, oneOfKinds, type ReadFile, specChecker } from "../spec-check.ts";
import type { Farewell, SessionModel } from "./session-model.ts";
import { exponentialSessions, type Sessions, weibullSessions } from "./sessions.ts";
import { sessionsLike, type TraceSource, tracedSessions } from "./trace.ts";

/** How long something lasts. Times in ms. */
export type LengthSpec =
  | { readonly model: "exponential"; readonly meanMs: number }
  | { readonly model: "weibull"; readonly shape: number; readonly scaleMs: number }
  /** As measured of KAD (Steiner, En-Najjary, Biersack 2009): most stay for minutes, some for weeks. */
  | { readonly model: "kad" }
  /** As measured of IPFS (Henningsen et al. 2020). */
  | { readonly model: "ipfs" }
  /** As somebody measured: sessions are drawn from those of the trace. */
  | ({ readonly model: "trace" } & TraceSource);

/** How long nodes stay, and how they go. */
export type ChurnSpec = LengthSpec & {
  /** Part of those that leave which withdraw what they offer before they go. Default 0. */
  readonly graceful?: number;
  /** Part of those that leave which come back with the same key and what they knew, after a pause. Default 0. */
  readonly returning?: number;
  /** How long that pause lasts: a model, or the mean of an exponential one. Default exponential, 10 minutes. */
  readonly pause?: LengthSpec;
  readonly pauseMs?: number;
};

const KAD = { shape: 0.5, scaleMs: 5_000_000 };
const IPFS = { shape: 0.52, scaleMs: 116 * 60_000 };
const DEFAULT_PAUSE_MS = 600_000;
/** Below this a node leaves before it has joined. */
const SHORTEST_SESSION_MS = 10_000;
/** A year: more is a mistake. */
const LONGEST_MS = 365 * 86_400_000;
const PATH = "scenario.churn";

const part = { type: "number", minimum: 0, maximum: 1 };
const time = { type: "number", exclusiveMinimum: 0, maximum: LONGEST_MS };

/** The models, with further fields in each. Sessions of a trace are checked by {@link tracedSessions}, which says more about them. */
const lengthSchema = (further: Readonly<Record<string, object>>) =>
  oneOfKinds("model", {
    exponential: kind({ meanMs: time }, further),
    weibull: kind({ shape: { type: "number", minimum: 0.1, maximum: 10 }, scaleMs: time }, further),
    kad: kind({}, further),
    ipfs: kind({}, further),
    trace: kind({}, { file: { type: "string", minLength: 1 }, sessions: { type: "array" }, ...further }),
  });

export const CHURN_SCHEMA = lengthSchema({
  graceful: part,
  returning: part,
  pause: lengthSchema({}),
  pauseMs: { type: "number", minimum: 0, maximum: LONGEST_MS },
});

const checkSpec = specChecker(CHURN_SCHEMA);

/**
 * Makes the model that a spec describes; nothing is taken for granted about the spec. `readFile` is asked for the text of traces.
 * @throws SynapseError `bad_options` naming the field that is wrong, and what it may be; when most would leave before they have joined.
 */
export function sessionModel(given: unknown, readFile?: ReadFile): SessionModel {
  checkSpec(given, PATH);
  const spec = given as ChurnSpec;
  const sessions = lengthsOf(spec, PATH, readFile);
  if (!(sessions.meanMs >= SHORTEST_SESSION_MS))
    throw badSpec(`${PATH}: a mean session of ${Math.round(sessions.meanMs)} ms is too short: it must be at least 10 s`);
  if (spec.pause !== undefined && spec.pauseMs !== undefined) throw badSpec(`${PATH}: give either pause, or pauseMs`);
  const pause = lengthsOf(spec.pause ?? { model: "exponential", meanMs: spec.pauseMs ?? DEFAULT_PAUSE_MS }, `${PATH}.pause`, readFile);
  return { sessionMs: sessions.whole, remainingMs: sessions.remaining, farewell: farewells(spec, pause) };
}

function farewells({ graceful = 0, returning = 0 }: ChurnSpec, pause: Sessions): (random: RandomStream) => Farewell {
  return (random) => ({
    graceful: graceful > 0 && random.next() < graceful,
    returnsAfterMs: returning > 0 && random.next() < returning ? pause.whole(random) : undefined,
  });
}

function lengthsOf(spec: LengthSpec, path: string, readFile: ReadFile | undefined): Sessions {
  switch (spec.model) {
    case "exponential":
      return exponentialSessions(spec.meanMs);
    case "weibull":
      return weibullSessions(spec.shape, spec.scaleMs);
    case "kad":
      return weibullSessions(KAD.shape, KAD.scaleMs);
    case "ipfs":
      return weibullSessions(IPFS.shape, IPFS.scaleMs);
    case "trace":
      return sessionsLike(tracedSessions(spec, path, readFile));
  }
}
