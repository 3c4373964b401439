import { sessionModel } from "./engine/churn/churn-spec.ts";
import type { SessionModel } from "./engine/churn/session-model.ts";
import { constantLatency } from "./engine/latency/constant.ts";
import type { LatencyModel } from "./engine/latency/latency-model.ts";
import { regionLatency } from "./engine/latency/regions.ts";
import type { Scenario } from "./scenarios/scenario.ts";

/** The models that a scenario describes. @throws SynapseError `bad_options`. */
export function modelsOf({ churn, latency }: Scenario): { readonly latency: LatencyModel; readonly sessions: SessionModel | undefined } {
  return {
    latency: latency.model === "constant" ? constantLatency(latency.oneWayMs) : regionLatency(),
    sessions: churn === null ? undefined : sessionModel(churn),
  };
}
