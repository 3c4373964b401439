import type { Level } from "synapse-p2p/simulations";
import { type Colours, table, toJson } from "../../output.ts";
import { spell } from "../describe.ts";
import type { TraceEvent } from "./difference.ts";
import type { Differing, Verdict } from "./verify.ts";

/** Seeds that are named, of those that differ. */
const MAX_NAMED = 20;
const HASH_DIGITS = 16;

interface Summary {
  readonly scenario: string;
  readonly level: Level;
  readonly nodes: number;
  readonly from: number;
  readonly seeds: number;
  readonly same: number;
  readonly tookMs: number;
}

/** One line when all is as it should be; before it, seeds that differ, and their first events that do. */
export function describeVerdict(style: Colours, { processes, differing }: Verdict, summary: Summary): string[] {
  const { scenario, level, nodes, from, seeds, same, tookMs } = summary;
  const versions = processes.map(({ version }) => version).join(" and ");
  const what = `${scenario}, ${level} level, ${nodes} nodes, seeds ${from} to ${from + seeds - 1}`;
  const line = `${same} of ${seeds} seeds gave the same trace in each of ${processes.length} processes (Node ${versions}); ${spell(tookMs)}`;
  return [...describeAll(style, processes, differing), `${style.dim(`${what}:`)} ${line}`];
}

function describeAll(style: Colours, processes: Verdict["processes"], differing: readonly Differing[]): string[] {
  if (differing.length === 0) return [];
  const named = differing.slice(0, MAX_NAMED).map((each) => rowOf(each, processes));
  const left = differing.length - named.length;
  return [
    ...table(style, ["SEED", "NODE", "TRACE", "NODE", "TRACE", "PARTS AT EVENT", "VIRTUAL MS"], named),
    ...(left > 0 ? [`and ${left} more`] : []),
    ...differing.flatMap((each) => describeFirst(style, processes, each)),
    "",
  ];
}

function rowOf({ seed, processes: [a, b], traceHashes, first }: Differing, processes: Verdict["processes"]): (string | number)[] {
  const [hashA, hashB] = traceHashes.map((hash) => `${hash.slice(0, HASH_DIGITS)}…`) as [string, string];
  const [versionA, versionB] = [processes[a]?.version ?? "", processes[b]?.version ?? ""];
  return [seed, versionA, hashA, versionB, hashB, first?.event.toString() ?? "–", first?.ms.toString() ?? "–"];
}

function describeFirst(style: Colours, processes: Verdict["processes"], { seed, processes: pair, first }: Differing): string[] {
  if (first === null) return [];
  const nameOf = (n: number) => `process ${n + 1}, Node ${processes[n]?.version}`;
  const [a, b] = first.versions;
  const rows: [string, TraceEvent | null, string][] = [
    ["before", first.before, "nothing"],
    [nameOf(pair[0]), a, "it had ended"],
    [nameOf(pair[1]), b, "it had ended"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const when = first.alone ? "run alone" : "after other seeds in the same process";
  return [
    "",
    `seed ${seed}, ${when}, first differs at event ${first.event}, ${first.ms} ms:`,
    ...rows.map(([name, event, none]) => `  ${style.dim(name.padEnd(width))}${event === null ? none : toJson(event)}`),
  ];
}
