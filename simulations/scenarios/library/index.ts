import { SynapseError } from "../../../routing/index.ts";
import { ATTACKS } from "./attacks.ts";
import { CHURN } from "./churn.ts";
import type { Named } from "./named.ts";
import { QUERIES } from "./queries.ts";
import { RECORDS } from "./records.ts";
import { TABLES } from "./tables.ts";
import { WEATHER } from "./weather.ts";

/** Scenarios that come with the project. */
export const LIBRARY: readonly Named[] = [...WEATHER, ...CHURN, ...ATTACKS, ...TABLES, ...QUERIES, ...RECORDS];

/** @throws SynapseError `not_found` naming those there are. */
export function scenarioNamed(name: string): Named {
  const found = LIBRARY.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new SynapseError("not_found", `there is no scenario ${JSON.stringify(name)}`, {
    hint: `one of: ${LIBRARY.map((each) => each.name).join(", ")}`,
  });
}
