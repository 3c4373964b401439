import { sessionModel } from "./engine/churn/churn-spec.ts";
import type { SessionModel } from "./engine/churn/session-model.ts";
import { type HostModel, hostModel } from "./engine/hosts/host-spec.ts";
import type { LatencyModel } from "./engine/latency/latency-model.ts";
import { latencyModel } from "./engine/latency/latency-spec.ts";
import type { ReadFile } from "./engine/spec-check.ts";
import type { Scenario } from "./scenarios/scenario.ts";

export interface Models {
  readonly latency: LatencyModel;
  readonly hosts: HostModel;
  /** undefined: nobody leaves. */
  readonly sessions: SessionModel | undefined;
}

/** The models that a scenario describes. @throws SynapseError `bad_options`. */
export function modelsOf({ churn, hosts, latency }: Scenario, readFile: ReadFile): Models {
  return {
    latency: latencyModel(latency, readFile),
    hosts: hostModel(hosts),
    sessions: churn === null ? undefined : sessionModel(churn, readFile),
  };
}
