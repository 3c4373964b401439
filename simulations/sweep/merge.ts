import { SynapseError } from "../../routing/index.ts";
import { isSame } from "./parameter.ts";
import { nameOfPoint } from "./points.ts";
import { isSameSweep, type PointResult, type SweepResult } from "./sweep.ts";

/** A shard, and the file or whatever else it came from. */
export interface NamedShard {
  readonly name: string;
  readonly result: SweepResult;
}

/** Missing points that are named; of further ones it is said how many there are. */
const MAX_NAMED = 10;

/**
 * Puts the shards of one sweep together.
 * @throws SynapseError `bad_options` when they are of different sweeps, a point is in two of them, or in none.
 */
export function mergeShards(shards: readonly NamedShard[]): SweepResult {
  const [first] = shards;
  if (first === undefined) throw new SynapseError("bad_options", "there is nothing to merge");
  for (const shard of shards) if (!isSameSweep(first.result, shard.result)) throw differ(first, shard);
  const found = new Map<number, { readonly name: string; readonly result: PointResult }>(); // one for each point
  for (const { name, result } of shards)
    for (const point of result.results) {
      const before = found.get(point.index);
      if (before !== undefined)
        throw new SynapseError("bad_options", `point ${point.index} (${nameOfPoint(point.values)}) is in ${before.name} and in ${name}`);
      found.set(point.index, { name, result: point });
    }
  refuseGaps(first.result, found, shards);
  const results = Array.from({ length: first.result.points }, (_, index) => (found.get(index) as { result: PointResult }).result);
  return { ...first.result, shard: null, results };
}

function refuseGaps({ points }: SweepResult, found: ReadonlyMap<number, unknown>, shards: readonly NamedShard[]): void {
  const missing = Array.from({ length: points }, (_, index) => index).filter((index) => !found.has(index));
  if (missing.length === 0) return;
  const named = missing.slice(0, MAX_NAMED).join(", ");
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : "";
  const hint = shardsToRun(missing, shards);
  throw new SynapseError("bad_options", `of ${points} points ${missing.length} are missing: ${named}${more}`, hint === "" ? {} : { hint });
}

/** Where all shards are of so many, it is clear which of them are not here. */
function shardsToRun(missing: readonly number[], shards: readonly NamedShard[]): string {
  const counts = new Set(shards.map(({ result }) => result.shard?.of));
  const [of] = counts;
  if (counts.size > 1 || of === undefined) return "";
  const lacking = [...new Set(missing.map((index) => index % of))].sort((a, b) => a - b);
  return `run the sweep with ${lacking.map((index) => `--shard ${index}/${of}`).join(", and with ")}`;
}

function differ(a: NamedShard, b: NamedShard): SynapseError {
  const inParameters = !isSame(a.result.parameters, b.result.parameters);
  const fields = Object.keys({ ...a.result.scenario, ...b.result.scenario });
  const differing = fields.filter((field) => !isSame(a.result.scenario[field], b.result.scenario[field]));
  const ranges = ({ result }: NamedShard) =>
    result.parameters.map(({ path, values }) => `${path}=${values.map(String).join(",")}`).join(" ");
  const why = inParameters ? `${ranges(a)} against ${ranges(b)}` : `their scenarios differ in ${differing.join(", ")}`;
  return new SynapseError("bad_options", `${a.name} and ${b.name} are of different sweeps: ${why}`);
}
