import { SynapseError } from "../../../routing/index.ts";
import type { RandomStream } from "../random.ts";
import type { Farewell, SessionModel } from "./session-model.ts";
import { exponentialSessions, type Sessions, weibullSessions } from "./sessions.ts";

/** How long nodes stay, and how they go. Times in ms. */
export type ChurnSpec = (
  | { readonly model: "exponential"; readonly meanMs: number }
  | { readonly model: "weibull"; readonly shape: number; readonly scaleMs: number }
  /** As measured of KAD (Steiner, En-Najjary, Biersack 2009): most stay for minutes, some for weeks. */
  | { readonly model: "kad" }
  /** As measured of IPFS (Henningsen et al. 2020). */
  | { readonly model: "ipfs" }
) & {
  /** Part of those that leave which withdraw what they offer before they go. Default 0. */
  readonly graceful?: number;
  /** Part of those that leave which come back with the same key and what they knew, after a pause. Default 0. */
  readonly returning?: number;
  /** Mean of that pause, exponentially distributed. Default 10 minutes. */
  readonly pauseMs?: number;
};

const KAD = { shape: 0.5, scaleMs: 5_000_000 };
const IPFS = { shape: 0.52, scaleMs: 116 * 60_000 };
const DEFAULT_PAUSE_MS = 600_000;
/** Below this a node leaves before it has joined. */
const SHORTEST_SESSION_MS = 10_000;

/** @throws SynapseError `bad_options` when most would leave before they have joined. */
export function sessionModel(spec: ChurnSpec): SessionModel {
  const sessions = sessionsOf(spec);
  if (!(sessions.meanMs >= SHORTEST_SESSION_MS))
    throw new SynapseError(
      "bad_options",
      `scenario.churn: a mean session of ${Math.round(sessions.meanMs)} ms is too short: it must be at least 10 s`,
    );
  const { graceful = 0, returning = 0, pauseMs = DEFAULT_PAUSE_MS } = spec;
  const farewell = (random: RandomStream): Farewell => ({
    graceful: graceful > 0 && random.next() < graceful,
    returnsAfterMs: returning > 0 && random.next() < returning ? random.exponential(pauseMs) : undefined,
  });
  return { sessionMs: sessions.whole, remainingMs: sessions.remaining, farewell };
}

function sessionsOf(spec: ChurnSpec): Sessions {
  switch (spec.model) {
    case "exponential":
      return exponentialSessions(spec.meanMs);
    case "weibull":
      return weibullSessions(spec.shape, spec.scaleMs);
    case "kad":
      return weibullSessions(KAD.shape, KAD.scaleMs);
    case "ipfs":
      return weibullSessions(IPFS.shape, IPFS.scaleMs);
  }
}
