import { Option } from "commander";
import type { Level, ScenarioInput } from "synapse-p2p/simulations";
import type { makeCommand } from "../command.ts";
import { duration, wholeNumber } from "../options.ts";
import { readScenarioFile } from "./scenario-file.ts";

/** What a command line may say about a scenario. */
export interface ScenarioFlags {
  readonly nodes?: number;
  readonly seed?: number;
  readonly duration?: number;
  readonly level?: Level;
  readonly churn?: number;
}

export function withScenarioOptions(command: ReturnType<typeof makeCommand>) {
  return command
    .option("--nodes <N>", "how many; default 1,000", wholeNumber(2, 1_000_000))
    .option("--seed <N>", "one seed is one history, to the byte; default 1", wholeNumber(0))
    .option("--duration <TIME>", "virtual time that is measured, after the network has grown and settled; default 1h", duration)
    .addOption(
      new Option("--level <LEVEL>", "how much is real; node: everything but the socket; default overlay").choices(["overlay", "node"]),
    )
    .option("--churn <TIME>", "mean session of a node; a newcomer replaces whoever leaves", duration);
}

/** A scenario by its name or from a file, with what was said on the command line. */
export async function scenarioOf(name: string, { nodes, seed, duration: durationMs, level, churn }: ScenarioFlags): Promise<ScenarioInput> {
  const { scenarioNamed } = await import("synapse-p2p/simulations");
  const scenario = /[./\\]/.test(name) ? await readScenarioFile(name) : scenarioNamed(name);
  return {
    ...scenario,
    ...(nodes !== undefined && { nodes }),
    ...(seed !== undefined && { seed }),
    ...(durationMs !== undefined && { durationMs }),
    ...(level !== undefined && { level }),
    ...(churn !== undefined && { churn: { model: "exponential", meanMs: churn } }),
  };
}

/** What runs the same again, whatever the defaults become. */
export function commandOf(name: string, { nodes, seed = 1, duration: ms, level, churn }: ScenarioFlags): string {
  const options = [
    nodes !== undefined && `--nodes ${nodes}`,
    `--seed ${seed}`,
    ms !== undefined && `--duration ${ms}ms`,
    level !== undefined && `--level ${level}`,
    churn !== undefined && `--churn ${churn}ms`,
  ];
  return ["synapse sim run", name, ...options.filter((option) => option !== false)].join(" ");
}
