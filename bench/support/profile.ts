import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";

/** Functions named in a profile. */
const TOP = 10;

/** A function and the share of the processor's time that was spent in it, without what it calls. */
export interface Hot {
  readonly name: string;
  /** File and line; empty for the engine's own work. */
  readonly where: string;
  readonly share: number;
}

/** Samples where this process spends its time from now on. */
export async function startProfile(): Promise<() => Promise<Hot[]>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 }); // µs
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return hottest(profile);
  };
}

/** The functions in which most of the time went, the most first; time in which nothing was done does not count. */
export function hottest({ nodes, samples = [] }: Profiler.Profile): Hot[] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const counts = new Map<string, Hot & { count: number }>();
  let busy = 0;
  for (const id of samples) {
    const frame = byId.get(id);
    if (frame === undefined || frame.functionName === "(idle)") continue;
    busy += 1;
    const where = placeOf(frame);
    const key = `${frame.functionName} ${where}`;
    const hot = counts.get(key) ?? { name: frame.functionName || "(anonymous)", where, share: 0, count: 0 };
    hot.count += 1;
    counts.set(key, hot);
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, TOP)
    .map(({ name, where, count }) => ({ name, where, share: count / busy }));
}

export function printProfile(title: string, hot: readonly Hot[]): void {
  const table = new Table({ head: ["of the time", "function", "where"], style: { head: [], border: [] } });
  for (const { name, where, share } of hot) table.push([`${(100 * share).toFixed(1)} %`, name, where]);
  console.log(`\n${title}\n${table}`);
}

function placeOf({ url, lineNumber }: { readonly url: string; readonly lineNumber: number }): string {
  if (!url.startsWith("file:")) return url;
  const path = relative(process.cwd(), fileURLToPath(url)).replace(/^.*node_modules\//, "");
  return `${path}:${lineNumber + 1}`;
}
