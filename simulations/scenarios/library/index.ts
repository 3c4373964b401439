import { SynapseError } from "../../../routing/index.ts";
import { nearestNames } from "../../nearest-names.ts";
import { ATTACKS } from "./attacks.ts";
import { CHURN } from "./churn.ts";
import { LOOKUPS } from "./lookups.ts";
import type { Named } from "./named.ts";
import { QUERIES } from "./queries.ts";
import { RECORDS } from "./records.ts";
import { TABLES } from "./tables.ts";
import { WEATHER } from "./weather.ts";

/** Scenarios that come with the project. */
export const LIBRARY: readonly Named[] = [...WEATHER, ...CHURN, ...ATTACKS, ...LOOKUPS, ...TABLES, ...QUERIES, ...RECORDS];

/** The one of that name, if there is one. */
export function scenarioIn(name: unknown): Named | undefined {
  return LIBRARY.find((scenario) => scenario.name === name);
}

/** @throws SynapseError `bad_options` naming those that may have been meant. */
export function scenarioNamed(name: string): Named {
  const found = scenarioIn(name);
  if (found !== undefined) return found;
  const near = nearestNames(
    name,
    LIBRARY.map((each) => each.name),
  );
  throw new SynapseError("bad_options", `there is no scenario ${JSON.stringify(name)}`, {
    hint: `${near.length > 0 ? `nearest: ${near.join(", ")}; ` : ""}\`synapse sim list\` shows all; a file is named with its ending or folder: ./mine.json`,
  });
}
