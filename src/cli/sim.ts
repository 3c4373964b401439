import { Option } from "commander";
import type { Figures, Level, OperationFigures, Progress } from "synapse-p2p/simulations";
import { SynapseError } from "../errors.ts";
import { inContext, makeCommand, makeGroup } from "./command.ts";
import { duration, wholeNumber } from "./options.ts";
import { type Colours, type Output, table } from "./output.ts";

interface RunFlags {
  readonly nodes: number;
  readonly seed: number;
  readonly duration: number;
  readonly level: Level;
  readonly churn?: number;
  readonly json?: boolean;
}

export function simCommand() {
  const examples = ["synapse sim run", "synapse sim run --nodes 1000 --seed 7 --duration 1h --churn 1h"];
  return makeGroup("sim", "Simulate a network of many nodes that run this very code, in virtual time.", examples).addCommand(runCommand());
}

function runCommand() {
  return makeCommand("run", "Grow a network, use it for a virtual while, and measure it against the truth.", [
    "synapse sim run --nodes 1000 --seed 7 --duration 1h",
    "synapse sim run --nodes 1000 --seed 7 --duration 1h --churn 3600 --json",
    "synapse sim run --nodes 200 --level node --duration 10m",
  ])
    .option("--nodes <N>", "how many", wholeNumber(2, 1_000_000), 1_000)
    .option("--seed <N>", "one seed is one history, to the byte", wholeNumber(0), 1)
    .option("--duration <TIME>", "virtual time that is measured, after the network has grown and settled", duration, 3_600_000)
    .addOption(
      new Option("--level <LEVEL>", "how much is real; node: everything but the socket").choices(["overlay", "node"]).default("overlay"),
    )
    .option("--churn <TIME>", "mean session of a node; a newcomer replaces whoever leaves. Default: nobody leaves", duration)
    .action((flags: RunFlags) =>
      inContext(flags, async ({ output, signal }) => {
        const figures = await runSimulation(flags, output, signal);
        output.data(figures, (style) => describeFigures(style, figures));
        if (figures.faults.length > 0) throw new SynapseError("simulation_fault", `${figures.faults.length} faults in the simulated nodes`);
      }),
    );
}

/** Runs with a progress bar. The simulations are on a higher floor, so they are imported as any program does: by their public name. */
export async function runSimulation(flags: Omit<RunFlags, "json">, output: Output, signal: AbortSignal): Promise<Figures> {
  const { simulate } = await import("synapse-p2p/simulations");
  const progress: Progress = (phase, done, of) => output.progress(phase, done, of);
  const { nodes, seed, duration: durationMs, level: depth, churn } = flags;
  try {
    return await simulate({ nodes, seed, durationMs, level: depth, ...(churn !== undefined && { churnMs: churn }) }, { progress, signal });
  } finally {
    output.endProgress();
  }
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
