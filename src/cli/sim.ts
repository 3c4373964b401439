import { open, readFile, writeFile } from "node:fs/promises";
import { Option } from "commander";
import type { Figures, Level, OperationFigures, Progress, Recording, ScenarioInput } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../errors.ts";
import { inContext, makeCommand, makeGroup } from "./command.ts";
import { duration, wholeNumber } from "./options.ts";
import { type Colours, type Output, table } from "./output.ts";

interface RunFlags {
  readonly nodes?: number;
  readonly seed?: number;
  readonly duration?: number;
  readonly level?: Level;
  readonly churn?: number;
  readonly report?: string;
  readonly json?: boolean;
}

export function simCommand() {
  const examples = [
    "synapse sim list",
    "synapse sim run",
    "synapse sim run partition --nodes 500 --report partition.html",
    "synapse sim compare baseline churn-kad --nodes 300 --report both.html",
  ];
  return makeGroup("sim", "Simulate a network of many nodes that run this very code, in virtual time.", examples)
    .addCommand(listCommand())
    .addCommand(runCommand())
    .addCommand(compareCommand());
}

function listCommand() {
  return makeCommand("list", "The scenarios that come with this program.", ["synapse sim list", "synapse sim list --json"]).action(
    (flags: { readonly json?: boolean }) =>
      inContext(flags, async ({ output }) => {
        const { LIBRARY } = await import("synapse-p2p/simulations");
        output.data(LIBRARY, (style) =>
          table(
            style,
            ["SCENARIO", ""],
            LIBRARY.map(({ name, about }) => [name, about]),
          ),
        );
      }),
  );
}

function withRunOptions(command: ReturnType<typeof makeCommand>) {
  return command
    .option("--nodes <N>", "how many; default 1,000", wholeNumber(2, 1_000_000))
    .option("--seed <N>", "one seed is one history, to the byte; default 1", wholeNumber(0))
    .option("--duration <TIME>", "virtual time that is measured, after the network has grown and settled; default 1h", duration)
    .addOption(
      new Option("--level <LEVEL>", "how much is real; node: everything but the socket; default overlay").choices(["overlay", "node"]),
    )
    .option("--churn <TIME>", "mean session of a node; a newcomer replaces whoever leaves", duration)
    .option("--report <FILE>", "write a page that shows the run: open it in a browser");
}

function runCommand() {
  return withRunOptions(
    makeCommand("run", "Grow a network, use it for a virtual while, and measure it against the truth.", [
      "synapse sim run --nodes 1000 --seed 7 --duration 1h",
      "synapse sim run churn-kad --json",
      "synapse sim run my-scenario.json --report run.html",
      "synapse sim run --nodes 200 --level node --duration 10m",
    ]).argument("[scenario]", "a name from `synapse sim list`, or a file of your own with a scenario as JSON", "baseline"),
  ).action((name: string, flags: RunFlags) =>
    inContext(flags, async ({ output, signal }) => {
      await checkReport(flags);
      const recording = await runSimulation(await scenarioOf(name, flags), output, signal, commandOf(name, flags));
      const { figures } = recording;
      if (flags.report !== undefined) await writeReport(flags.report, [recording]);
      output.data({ ...figures, targets: recording.targets }, (style) => [
        ...describeFigures(style, figures),
        ...describeTargets(style, recording),
        ...(flags.report === undefined ? [] : ["", `report: ${flags.report}`]),
      ]);
      failOnFaults(figures);
    }),
  );
}

function compareCommand() {
  return withRunOptions(
    makeCommand("compare", "Run several scenarios, one after the other, and show them side by side.", [
      "synapse sim compare baseline cold-links --nodes 300",
      "synapse sim compare baseline mine.json --report both.html",
    ]).argument("<scenarios...>", "names or files, as for `sim run`"),
  ).action((names: readonly string[], flags: RunFlags) =>
    inContext(flags, async ({ output, signal }) => {
      await checkReport(flags);
      const recordings: Recording[] = []; // as many as were named
      for (const name of names) recordings.push(await runSimulation(await scenarioOf(name, flags), output, signal, commandOf(name, flags)));
      if (flags.report !== undefined) await writeReport(flags.report, recordings);
      const all = recordings.map(({ figures }) => figures);
      output.data(all, (style) => all.flatMap((figures, n) => [...(n === 0 ? [] : [""]), ...describeFigures(style, figures)]));
      for (const figures of all) failOnFaults(figures);
    }),
  );
}

/** A scenario by its name or from a file, with what was said on the command line. */
async function scenarioOf(name: string, { nodes, seed, duration: durationMs, level, churn }: RunFlags): Promise<ScenarioInput> {
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
function commandOf(name: string, { nodes, seed = 1, duration: ms, level, churn }: RunFlags): string {
  const options = [
    nodes !== undefined && `--nodes ${nodes}`,
    `--seed ${seed}`,
    ms !== undefined && `--duration ${ms}ms`,
    level !== undefined && `--level ${level}`,
    churn !== undefined && `--churn ${churn}ms`,
  ];
  return ["synapse sim run", name, ...options.filter((option) => option !== false)].join(" ");
}

async function readScenarioFile(path: string): Promise<ScenarioInput> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ScenarioInput;
  } catch (error) {
    throw new SynapseError("bad_options", `cannot read a scenario from ${path}: ${messageOf(error)}`, {
      hint: 'a scenario is JSON such as { "nodes": 200, "churn": { "model": "kad" } }; docs/simulator.md lists all fields',
      cause: error,
    });
  }
}

/** Found out before the run, not after it. */
async function checkReport({ report }: RunFlags): Promise<void> {
  if (report === undefined) return;
  try {
    await (await open(report, "a")).close();
  } catch (error) {
    throw new SynapseError("bad_options", `cannot write the report to ${report}: ${messageOf(error)}`, { cause: error });
  }
}

async function writeReport(path: string, recordings: readonly Recording[]): Promise<void> {
  const { renderReport } = await import("synapse-p2p/simulations");
  await writeFile(path, renderReport(recordings));
}

/** Runs with a progress bar. The simulations are on a higher floor, so they are imported as any program does: by their public name. */
export async function runSimulation(scenario: ScenarioInput, output: Output, signal: AbortSignal, command?: string): Promise<Recording> {
  const { record } = await import("synapse-p2p/simulations");
  const progress: Progress = (phase, done, of) => output.progress(phase, done, of);
  try {
    return await record(scenario, { progress, signal, ...(command !== undefined && { command }) });
  } finally {
    output.endProgress();
  }
}

function failOnFaults({ faults }: Figures): void {
  if (faults.length > 0) throw new SynapseError("simulation_fault", `${faults.length} faults in the simulated nodes`);
}

function describeTargets(style: Colours, { targets }: Recording): string[] {
  if (targets.length === 0) return [];
  const rows = targets.map(({ name, value, unit, target, reached }) => [
    name,
    `${value} ${unit}`.trim(),
    "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`,
    reached ? "reached" : "missed",
  ]);
  return ["", ...table(style, ["TARGET", "MEASURED", "", ""], rows)];
}

export function describeFigures(style: Colours, figures: Figures, indent = 0): string[] {
  const {
    scenario,
    level: depth,
    nodes,
    seed,
    virtualMs,
    wallMs,
    messages,
    messagesPerSecond,
    bytesPerNodeSecond,
    rssBytes,
    traceHash,
    deaths,
  } = figures;
  const pad = " ".repeat(indent);
  const facts: [string, string][] = [
    ["scenario", `${scenario}, ${depth} level, ${nodes} nodes, seed ${seed}${deaths > 0 ? `, ${deaths} left and were replaced` : ""}`],
    ["time", `${spell(virtualMs)} virtual in ${(wallMs / 1000).toFixed(1)} s (${Math.round(virtualMs / wallMs)} : 1)`],
    [
      "messages",
      `${messages.toLocaleString("en")} (${messagesPerSecond.toLocaleString("en")} a second; ${bytesPerNodeSecond} bytes a second and node)`,
    ],
    ["memory", `${Math.round(rssBytes / 1024 / 1024)} MiB`],
    ["trace", `${traceHash.slice(0, 16)}…`],
  ];
  const rows = [row("lookups", figures.lookups), row("finds", figures.finds), row("joins", figures.joins)];
  const head = ["", "COUNT", "SUCCESS", "RECALL", "HOPS", "P99", "REQUESTS", "P99", "MS P50", "P90", "P99"];
  return [...facts.map(([name, value]) => `${pad}${style.dim(name.padEnd(10))}${value}`), "", ...table(style, head, rows, indent)];
}

function row(name: string, { count, success, recall, hops, requests, latencyMs }: OperationFigures): string[] {
  const percent = (part: number) => `${(part * 100).toFixed(2)} %`;
  const ms = [latencyMs.p50, latencyMs.p90, latencyMs.p99].map((value) => String(Math.round(value)));
  return [
    name,
    String(count),
    percent(success),
    percent(recall),
    hops.mean.toFixed(2),
    String(hops.p99),
    requests.mean.toFixed(2),
    String(requests.p99),
    ...ms,
  ];
}

function spell(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
