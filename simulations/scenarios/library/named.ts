import type { ScenarioInput } from "../scenario.ts";

/** A scenario that comes with the project. Whatever it leaves open is as in the default scenario. */
export type Named = ScenarioInput & { readonly name: string; readonly about: string };

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
