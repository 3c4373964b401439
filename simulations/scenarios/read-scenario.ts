import { SynapseError } from "../../routing/index.ts";
import { compile, describeFaults } from "../../src/rpc/schema.ts";
import { figurePaths, isFigure } from "../every-figure.ts";
import { nearestNames } from "../nearest-names.ts";
import { DEFAULT_SCENARIO, type PartialScenario, type Scenario, type ScenarioInput, type Target } from "./scenario.ts";
import { SCENARIO_SCHEMA } from "./scenario-schema.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TIME = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Makes a scenario complete, and checks it.
 * @throws SynapseError `bad_options` naming each field that is wrong, and what it may be.
 */
export function readScenario(input: ScenarioInput | Readonly<Record<string, unknown>>): Scenario {
  const timed = withTimes(input, "scenario") as Record<string, unknown>;
  const checked = compile(SCENARIO_SCHEMA, "input").check(timed);
  if (checked instanceof Promise) throw new SynapseError("bad_options", "a scenario is plain data");
  if ("faults" in checked)
    throw new SynapseError("bad_options", describeFaults("scenario", checked.faults), { hint: "docs/simulator.md lists all fields" });
  const given = timed as PartialScenario;
  checkFigures(given.targets ?? []);
  return {
    ...DEFAULT_SCENARIO,
    ...given,
    load: { ...DEFAULT_SCENARIO.load, ...given.load },
    links: { ...DEFAULT_SCENARIO.links, ...given.links },
  };
}

/** A target for what nobody measures would be neither reached nor missed. */
function checkFigures(targets: readonly Target[]): void {
  const index = targets.findIndex(({ figure }) => !isFigure(figure));
  const unknown = targets[index]?.figure;
  if (unknown === undefined) return;
  const near = nearestNames(unknown, figurePaths());
  throw new SynapseError("bad_options", `scenario.targets.${index}.figure: there is no figure ${JSON.stringify(unknown.slice(0, 100))}`, {
    hint: near.length > 0 ? `nearest: ${near.join(", ")}` : "`synapse sim run --json` prints all figures, by name",
  });
}

/** Fields whose name ends with `Ms` may be text with a unit, as people write times: "90s", "1.5h". */
function withTimes(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withTimes(item, `${path}.${index}`));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([key, field]) => [
        key,
        key.endsWith("Ms") && typeof field === "string" ? readTime(field, `${path}.${key}`) : withTimes(field, `${path}.${key}`),
      ]),
  );
}

/** A time as people write it, in ms. @param path what it is called in the error. @throws SynapseError `bad_options`. */
export function readTime(text: string, path: string): number {
  const [, number, unit] = TIME.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new SynapseError(
      "bad_options",
      `${path} must be a number of milliseconds, or text such as "90s", "10m", "1.5h"; not ${JSON.stringify(text.slice(0, 40))}`,
    );
  return Number(number) * (UNITS[unit] as number);
}
