import { parseArgs } from "node:util";
import { type Figure, median, printFigures } from "../support/figures.ts";
import { printProfile } from "../support/profile.ts";
import { handshakesPerSecond } from "./handshakes.ts";
import { latencies, pulling, throughput, withCaller, withCallers } from "./loads.ts";
import { idleConnectionBytes } from "./memory.ts";
import type { Caller, Subject } from "./subject.ts";
import { bareEcho, grpc, SUBJECTS, synapsePlain, synapseSecure } from "./subjects.ts";

const IN_FLIGHT = 64;
const WARM_UP_MS = 1_000;
const ITEMS = 50_000;

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    ms: { type: "string", default: "1000" },
    profile: { type: "boolean", default: false },
  },
});

interface Measured {
  readonly callsPerSecond: number[];
  readonly medianUs: number[];
  readonly p99Us: number[];
  readonly itemsPerSecond: number[];
}

/** Each round measures all of them, one after the other: what disturbs one for a while disturbs its neighbours as well. */
async function measureAll(subjects: readonly Subject[]): Promise<Map<Subject, Measured>> {
  const measured = new Map<Subject, Measured>();
  await withCallers(subjects, async (callers) => {
    for (const [subject, caller] of callers) {
      measured.set(subject, { callsPerSecond: [], medianUs: [], p99Us: [], itemsPerSecond: [] });
      await throughput(caller, IN_FLIGHT, WARM_UP_MS);
      await caller.pull?.(ITEMS);
    }
    for (let round = 1; round <= Number(flags.rounds); round++) {
      console.error(`round ${round} of ${flags.rounds} …`);
      for (const [subject, caller] of callers) await measure(caller, measured.get(subject) as Measured);
    }
  });
  return measured;
}

async function measure(caller: Caller, into: Measured): Promise<void> {
  into.callsPerSecond.push(await throughput(caller, IN_FLIGHT, Number(flags.ms)));
  const histogram = await latencies(caller, 2_000);
  into.medianUs.push(histogram.getValueAtPercentile(50) / 1_000);
  into.p99Us.push(histogram.getValueAtPercentile(99) / 1_000);
  if (caller.pull !== undefined) into.itemsPerSecond.push(await pulling(caller, ITEMS));
}

async function showProfile(subject: Subject): Promise<void> {
  await withCaller(subject, async (caller, profiled) => {
    await throughput(caller, IN_FLIGHT, WARM_UP_MS);
    const calls = await profiled(() => throughput(caller, IN_FLIGHT, 3 * Number(flags.ms)));
    printProfile(`${subject.name}, calls: the caller`, calls.caller);
    printProfile(`${subject.name}, calls: the server`, calls.server);
    if (caller.pull === undefined) return;
    const items = await profiled(() => pulling(caller, 20 * ITEMS));
    printProfile(`${subject.name}, stream: the reader`, items.caller);
    printProfile(`${subject.name}, stream: the writer`, items.server);
  });
}

if (flags.profile) {
  for (const subject of [synapsePlain, synapseSecure]) await showProfile(subject);
  process.exit();
}

const measured = await measureAll(SUBJECTS);
const of = (subject: Subject, what: keyof Measured): number => median(measured.get(subject)?.[what] ?? []);

function figure(
  name: string,
  what: keyof Measured,
  subject: Subject,
  unit: string,
  reference?: Subject,
  target?: Figure["target"],
): Figure {
  return {
    name: `${name}: ${subject.name}`,
    value: of(subject, what),
    unit,
    ...(reference && { reference: { name: reference.name, value: of(reference, what) } }),
    ...(target && { target }),
  };
}

const rate = (subject: Subject, reference: Subject, atLeast: number): Figure =>
  figure(`calls, ${IN_FLIGHT} in flight`, "callsPerSecond", subject, "/s", reference, { atLeast });
const alone = (subject: Subject, atMost?: number): Figure =>
  figure("one call at a time, median", "medianUs", subject, "µs", bareEcho, atMost === undefined ? undefined : { atMost });
const tail = (subject: Subject): Figure => figure("one call at a time, p99", "p99Us", subject, "µs");
const items = (subject: Subject, atLeast: number): Figure =>
  figure("stream, items one way", "itemsPerSecond", subject, "/s", bareEcho, { atLeast });

console.error("measuring handshakes …");
const handshakes = await handshakesPerSecond(3 * Number(flags.ms));
console.error("measuring memory …");
const memory = await idleConnectionBytes();

printFigures(
  "RPC on loopback, server and client in two processes",
  [
    rate(synapsePlain, bareEcho, 0.5),
    rate(synapsePlain, grpc, 12),
    rate(synapseSecure, synapsePlain, 0.6),
    alone(synapsePlain, 1.6),
    alone(synapseSecure),
    alone(grpc),
    tail(bareEcho),
    tail(synapsePlain),
    tail(synapseSecure),
    items(synapseSecure, 0.5),
    {
      name: "handshakes, both sides prove a key",
      value: handshakes.synapse,
      unit: "/s",
      reference: { name: "bare node:tls", value: handshakes.bare },
      target: { atLeast: 0.8 },
    },
    {
      name: "memory of an idle connection, with its caller's socket",
      value: memory.synapse,
      unit: "bytes",
      reference: { name: "bare net.Socket", value: memory.bare },
      target: { atMost: 2 },
    },
  ],
  flags.json,
);
