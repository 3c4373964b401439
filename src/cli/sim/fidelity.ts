import type { Difference, Fidelity, SpecimenFigures } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import { makeCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { type Colours, type Output, table } from "../output.ts";
import { inThread } from "../thread/in-thread.ts";
import { spell } from "./describe.ts";

interface FidelityFlags {
  readonly nodes?: number;
  readonly lookups?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const NAMES = { overlay: "overlay level", node: "node level", loopback: "loopback TCP" } as const;

export function fidelityCommand() {
  return makeCommand(
    "fidelity",
    "Grow one network at both levels of the simulator and of real nodes on loopback TCP, and compare lookups.",
    ["synapse sim fidelity", "synapse sim fidelity --nodes 50 --lookups 100 --seed 7", "synapse sim fidelity --json | jq .differences"],
  )
    .option("--nodes <N>", "in each of the three, at most 500; default 200", wholeNumber(2, 500))
    .option("--lookups <N>", "one after the other, the same in each; default 500", wholeNumber(1, 100_000))
    .option("--seed <N>", "one seed: the same keys, ways to join, and lookups; default 1", wholeNumber(0))
    .action((flags: FidelityFlags) => inThread(flags, ({ output, signal }) => compare(flags, output, signal)));
}

async function compare({ json: _, ...given }: FidelityFlags, output: Output, signal: AbortSignal): Promise<void> {
  const { compareWithReality } = await import("synapse-p2p/simulations");
  const beganAt = performance.now();
  const progress = (phase: string, done: number, of: number) =>
    output.progress(`${phase.padEnd(20)}  ${spell(performance.now() - beganAt)}`, done, of);
  const fidelity = await compareWithReality({ ...given, progress, signal }).finally(() => output.endProgress());
  output.data(fidelity, (style) => describe(style, fidelity));
  failOnDifferences(fidelity);
}

function describe(style: Colours, { seed, nodes, lookups, networks, differences, tolerance, agrees }: Fidelity): string[] {
  const verdict = agrees
    ? style.green(`agree: nothing differs by more than ${100 * tolerance} %`)
    : style.red(`differ by more than ${100 * tolerance} %`);
  return [
    `${nodes} nodes, ${lookups.toLocaleString("en")} lookups, seed ${seed}`,
    "",
    ...table(style, ["", "HOPS", "REQUESTS", "RECALL", "LATE", "FAILED", "MS P50", "P99"], networks.map(networkCells)),
    "",
    ...table(style, ["DIFFERENCE", "HOPS", "REQUESTS"], pairsOf(differences)),
    "",
    verdict,
  ];
}

function networkCells({ name, hops, requests, recall, late, failed, latencyMs }: SpecimenFigures): string[] {
  const ms = latencyMs === undefined ? ["–", "–"] : [latencyMs.p50.toFixed(2), latencyMs.p99.toFixed(2)];
  return [NAMES[name], hops.toFixed(3), requests.toFixed(2), `${(100 * recall).toFixed(2)} %`, String(late), String(failed), ...ms];
}

/** One row for each two networks. */
function pairsOf(differences: readonly Difference[]): string[][] {
  const rows = new Map<string, string[]>(); // one for each two of three
  for (const { of, from, part } of differences) {
    const name = `${NAMES[of]} from ${NAMES[from]}`;
    rows.set(name, [...(rows.get(name) ?? [name]), signed(part)]);
  }
  return [...rows.values()];
}

function signed(part: number): string {
  return `${part < 0 ? "−" : "+"}${Math.abs(100 * part).toFixed(2)} %`;
}

/** @throws SynapseError `simulation_fault`, naming the largest difference, where one is too large. */
export function failOnDifferences({ agrees, differences, networks, tolerance }: Fidelity): void {
  if (agrees) return;
  const [worst] = differences.toSorted((a, b) => Math.abs(b.part) - Math.abs(a.part));
  if (worst === undefined) return;
  const { figure, of, from, part } = worst;
  const isBusy = networks.some(({ name, late, failed }) => name === "loopback" && late + failed > 0);
  const hint = isBusy ? "requests on loopback were late or failed: was the machine busy with something else?" : undefined;
  throw new SynapseError(
    "simulation_fault",
    `${figure} of lookups at ${NAMES[of]} and ${NAMES[from]} differ by ${signed(part)}, more than ${100 * tolerance} %`,
    hint === undefined ? {} : { hint },
  );
}
