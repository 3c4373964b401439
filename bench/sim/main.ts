import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import type { Figures } from "../../simulations/index.ts";
import { type Figure, median, printFigures } from "../support/figures.ts";
import { type Hot, hottest, printProfile } from "../support/profile.ts";
import { CASES, type Case } from "./cases.ts";

const CLI = "dist/src/cli/main.js";
/** Young objects have more room than by default (16 MiB): what a simulated message leaves behind is then dead before it is looked at. */
const NODE_FLAGS = ["--expose-gc", "--max-semi-space-size=32"];
/** Large worlds need more old space than a small machine would be given. */
const OLD_SPACE_MIB = 16_000;
const MILLION = 1_000_000;
const GIB = 1024 ** 3;

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    profile: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});

interface Run {
  readonly figures: Figures;
  readonly hot: readonly Hot[];
}

/** Each in a process of its own, so that none inherits memory or warm code. */
async function run({ options, oldSpaceMiB = OLD_SPACE_MIB }: Case, folder: string): Promise<Run> {
  const profiling = flags.profile ? ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-name=run.cpuprofile"] : [];
  const args = [...NODE_FLAGS, `--max-old-space-size=${oldSpaceMiB}`, ...profiling, CLI, "sim", "run", ...options, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  const hot = flags.profile ? hottest(JSON.parse(await readFile(join(folder, "run.cpuprofile"), "utf8")) as Profiler.Profile) : [];
  return { figures: JSON.parse(stdout) as Figures, hot };
}

async function measure(each: Case, folder: string): Promise<Run[]> {
  const rounds = each.isLarge || each.atMostBytes !== undefined ? 1 : Number(flags.rounds);
  const runs: Run[] = []; // one for each round
  for (let round = 1; round <= rounds; round++) {
    console.error(`${each.name}: run ${round} of ${rounds} …`);
    runs.push(await run(each, folder));
  }
  return runs;
}

function figuresOf({ name, atLeast, atMostBytes, isStepOnTheWay }: Case, runs: readonly Run[]): Figure[] {
  const middle = (of: (figures: Figures) => number) => median(runs.map(({ figures }) => of(figures)));
  const speed = atLeast?.messagesPerSecond;
  const pace = atLeast?.virtualPerReal;
  return [
    {
      name: `${name}: messages delivered`,
      value: middle(({ messagesPerSecond }) => messagesPerSecond),
      unit: "/s and core",
      ...(speed !== undefined && { target: { atLeast: speed } }),
    },
    {
      name: `${name}: virtual : real time`,
      value: middle(({ virtualMs, wallMs }) => virtualMs / wallMs),
      unit: ": 1",
      ...(pace !== undefined && { target: { atLeast: pace } }),
    },
    {
      name: `${name}: memory at most`,
      value: middle(({ rssBytes }) => rssBytes / 1024 ** 2),
      unit: "MiB",
      ...(atMostBytes !== undefined && { target: { atMost: atMostBytes / 1024 ** 2 } }),
    },
    ...(isStepOnTheWay ? [{ name: `${name}: state of a node`, value: middle(bytesANode), unit: "bytes" }] : []),
    { name: `${name}: recall of the true 20 closest`, value: middle(({ lookups }) => lookups.recall), unit: "" },
  ];
}

function bytesANode({ heapBytes, nodes }: Figures): number {
  return heapBytes / nodes;
}

/** What a million nodes would need: tables grow with the logarithm of the network, so two sizes tell how many bytes each doubling adds. */
function millionOf(steps: readonly Figures[]): Figure[] {
  const [small, large] = [steps.at(-2), steps.at(-1)];
  if (small === undefined || large === undefined) return [];
  const perDoubling = (bytesANode(large) - bytesANode(small)) / Math.log2(large.nodes / small.nodes);
  const bytes = bytesANode(large) + perDoubling * Math.log2(MILLION / large.nodes);
  return [{ name: "1,000,000 nodes would need", value: (bytes * MILLION) / GIB, unit: "GiB", target: { atMost: 20 } }];
}

const folder = await mkdtemp(join(tmpdir(), "synapse-bench-"));
try {
  const figures: Figure[] = []; // five for each case
  const steps: Figures[] = []; // one for each case
  const cases = CASES.filter(({ name, isLarge }) => (flags.large || isLarge !== true) && name.includes(flags.only));
  for (const each of cases) {
    const runs = await measure(each, folder);
    figures.push(...figuresOf(each, runs));
    const [first] = runs;
    if (first === undefined) continue;
    if (each.isStepOnTheWay) steps.push(first.figures);
    if (flags.profile && !flags.json) printProfile(each.name, first.hot);
  }
  printFigures(`Simulations, node ${NODE_FLAGS.join(" ")}`, [...figures, ...millionOf(steps)], flags.json);
} finally {
  await rm(folder, { recursive: true, force: true });
}
