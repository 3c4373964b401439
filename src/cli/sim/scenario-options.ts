import { Option } from "commander";
import type { Level, ScenarioInput } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import type { makeCommand } from "../command.ts";
import { collect, duration, durationText, wholeNumber } from "../options.ts";
import { readScenarioFile } from "./scenario-file.ts";

/** What a command line may say about a scenario. */
export interface ScenarioFlags {
  readonly nodes?: number;
  readonly seed?: number;
  readonly duration?: number;
  readonly level?: Level;
  readonly churn?: number;
  readonly set?: readonly string[];
}

export function withScenarioOptions(command: ReturnType<typeof makeCommand>) {
  return withWorldOptions(command).option("--seed <N>", "one seed is one history, to the byte; default 1", wholeNumber(0));
}

/** All but the seed. */
export function withWorldOptions(command: ReturnType<typeof makeCommand>) {
  return command
    .option("--nodes <N>", "how many; default 1,000", wholeNumber(2, 1_000_000))
    .option("--duration <TIME>", "virtual time that is measured, after the network has grown and settled; default 1h", duration)
    .addOption(
      new Option("--level <LEVEL>", "how much is real; node: everything but the socket; default overlay").choices(["overlay", "node"]),
    )
    .option("--churn <TIME>", "mean session of a node; a newcomer replaces whoever leaves", duration)
    .option("--set <PATH=VALUE>", "any field of the scenario, such as overlay.alpha=4; may be given several times", collect);
}

/** The field of a scenario that each option is about. */
const FIELDS = { nodes: "nodes", seed: "seed", duration: "durationMs", level: "level", churn: "churn" } as const;

/**
 * Whoever says two things of one field means one of them, and which, only he knows. A part of what an option says may be said otherwise:
 * `--churn 1h churn.meanMs=5m,20m`.
 * @param texts what is said as PATH=VALUE, and `set` by --set.
 * @throws SynapseError `bad_options`.
 */
export function refuseTwice(texts: readonly string[], flags: ScenarioFlags, set: readonly string[] = []): void {
  const options = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter((option) => flags[option] !== undefined);
  const said = [
    ...options.map((option) => ({ path: FIELDS[option] as string, text: `--${option}` })),
    ...set.map((text) => ({ path: pathIn(text), text: `--set ${text}` })),
  ];
  for (const text of texts) {
    const path = pathIn(text);
    const other = said.find((each) => each.path === path || each.path.startsWith(`${path}.`));
    if (other !== undefined)
      throw new SynapseError("bad_options", `${other.text} and ${text} both say what ${other.path} is`, { hint: "leave one of them out" });
    said.push({ path, text });
  }
}

function pathIn(text: string): string {
  return text.split("=", 1)[0] as string;
}

/** A scenario by its name or from a file, with what was said on the command line. */
export async function scenarioOf(name: string, flags: ScenarioFlags): Promise<ScenarioInput> {
  const { nodes, seed, duration: ms, level, churn, set = [] } = flags;
  refuseTwice(set, flags);
  const { scenarioNamed } = await import("synapse-p2p/simulations");
  const scenario = /[./\\]/.test(name) ? await readScenarioFile(name) : scenarioNamed(name);
  const changed: ScenarioInput = {
    ...scenario,
    ...(nodes !== undefined && { nodes }),
    ...(seed !== undefined && { seed }),
    ...(ms !== undefined && { durationMs: ms }),
    ...(level !== undefined && { level }),
    ...(churn !== undefined && { churn: { model: "exponential", meanMs: churn } }),
  };
  return set.length === 0 ? changed : withFields(changed, set);
}

async function withFields(scenario: ScenarioInput, set: readonly string[]): Promise<ScenarioInput> {
  const { checkPath, readParameter, readScenario, withValue } = await import("synapse-p2p/simulations");
  const parameters = set.map(readParameter);
  const paths = parameters.map(({ path }) => path);
  const complete = readScenario(scenario);
  return parameters.reduce<ScenarioInput>((changed, { path, values }) => {
    if (values.length > 1) throw new SynapseError("bad_options", `--set ${path}: takes one value; \`synapse sim sweep\` takes several`);
    checkPath(path, complete, paths);
    return withValue(changed, path, values[0]) as ScenarioInput;
  }, scenario);
}

/** What runs the same again, whatever the defaults become. @param values fields that are different from what the flags say, by path. */
export function commandOf(
  name: string,
  flags: ScenarioFlags,
  scenario: ScenarioInput,
  values: Readonly<Record<string, unknown>> = {},
): string {
  const { nodes, duration: ms, level, churn, set = [] } = flags;
  const { seed = flags.seed ?? scenario.seed ?? 1, ...others } = values;
  const options = [
    nodes !== undefined && `--nodes ${nodes}`,
    `--seed ${seed}`,
    ms !== undefined && `--duration ${durationText(ms)}`,
    level !== undefined && `--level ${level}`,
    churn !== undefined && `--churn ${durationText(churn)}`,
    ...set.map((each) => `--set ${quoted(each)}`),
    ...Object.entries(others).map(
      ([path, value]) => `--set ${quoted(`${path}=${typeof value === "string" ? value : JSON.stringify(value)}`)}`,
    ),
  ];
  return ["synapse sim run", name, ...options.filter((option) => option !== false)].join(" ");
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w.,=:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
