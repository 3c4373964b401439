// npm run soak -- --minutes 10 --clients 200 --seed 1
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Client, Identity } from "../../src/index.ts";
import { Random } from "../support/random.ts";
import { BEHAVIOURS } from "./behaviours.ts";

/** Memory at the end may be this much more than after the warm-up: caches fill, and the heap breathes. */
const MAX_GROWTH = 1.3;
const WARM_UP_PART = 0.2;
const FORGOTTEN_AFTER_S = 150;

interface Figures {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly doubled: number;
  readonly handles: Readonly<Record<string, number>>;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const durationMs = Number(values.minutes) * 60_000;
const host = fork(fileURLToPath(new URL("host.ts", import.meta.url)), [], { execArgv: ["--expose-gc", "--import", "tsx"] });
const [{ port }] = (await once(host, "message")) as [{ port: number }];
const counts: Record<string, number> = {};
const faults: string[] = []; // at most 20
const until = performance.now() + durationMs;

/** A client that comes, does one thing after another, and leaves or vanishes; then another takes its place. */
async function visitor(number: number): Promise<void> {
  const random = new Random(Number(values.seed) * 1_000 + number);
  const self = { number, calls: 0 };
  const identity = Identity.generate();
  while (performance.now() < until && faults.length < 20) {
    const dialect = random.int(4) === 0 ? "plain" : "secure";
    const client = new Client("127.0.0.1", port, { dialect, identity, timeoutMs: 60_000 });
    for (let n = random.int(20); n > 0 && performance.now() < until; n--) await act(client, self, random, dialect);
    if (random.int(3) === 0) void client.call("never").catch(() => undefined); // it vanishes in the middle of something
    await client.close();
    await new Promise((resolve) => setTimeout(resolve, random.int(200)));
  }
}

async function act(client: Client, self: { readonly number: number; calls: number }, random: Random, dialect: string): Promise<void> {
  const names = Object.keys(BEHAVIOURS).filter(
    (name) => dialect === "secure" || !["stream", "leaveStream", "stall", "upload"].includes(name),
  );
  const name = random.pick(names);
  try {
    await BEHAVIOURS[name]?.(client, self, random);
    counts[name] = (counts[name] ?? 0) + 1;
  } catch (error) {
    if (faults.length < 20) faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function figuresOf(child: ChildProcess): Promise<Figures> {
  child.send("figures");
  const [figures] = (await once(child, "message")) as [Figures];
  return figures;
}

const visitors = Promise.all(Array.from({ length: Number(values.clients) }, (_, number) => visitor(number)));
await new Promise((resolve) => setTimeout(resolve, durationMs * WARM_UP_PART));
const early = await figuresOf(host);
await visitors;
// Plain callers that have gone look like ones that still wait, so they are waited for as long as an idle link: two minutes.
let late = await figuresOf(host);
for (let seconds = 0; seconds < FORGOTTEN_AFTER_S && (late.handles["TCPSocketWrap"] ?? 0) > 0; seconds++) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  late = await figuresOf(host);
}
const left = late.handles["TCPSocketWrap"] ?? 0;
host.disconnect();

const growth = late.heapBytes / early.heapBytes;
const report = {
  minutes: Number(values.minutes),
  clients: Number(values.clients),
  counts,
  faults,
  doubled: late.doubled,
  early,
  late,
  growth,
};
if (values.json) console.log(JSON.stringify(report));
else {
  console.table(counts);
  console.log(
    `memory ${(early.heapBytes / 2 ** 20).toFixed(1)} → ${(late.heapBytes / 2 ** 20).toFixed(1)} MiB, handles ${JSON.stringify(early.handles)} → ${JSON.stringify(late.handles)}, doubled answers ${late.doubled}`,
  );
  for (const fault of faults) console.log(`FAULT ${fault}`);
}
process.exit(faults.length === 0 && late.doubled === 0 && left === 0 && growth < MAX_GROWTH ? 0 : 1);
