import { parseArgs } from "node:util";
import { type Figure, median, printFigures } from "../support/figures.ts";
import { printProfile } from "../support/profile.ts";
import { handshakesPerSecond } from "./handshakes.ts";
import { latencies, pulling, throughput, withCaller } from "./loads.ts";
import { idleConnectionBytes } from "./memory.ts";
import type { Subject } from "./subject.ts";
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
  readonly callsPerSecond: number;
  readonly medianUs: number;
  readonly p99Us: number;
  readonly itemsPerSecond: number;
}

async function measure(subject: Subject): Promise<Measured> {
  return withCaller(subject, async (caller) => {
    await throughput(caller, IN_FLIGHT, WARM_UP_MS);
    const rates: number[] = [];
    const medians: number[] = [];
    const tails: number[] = [];
    const items: number[] = [];
    for (let round = 0; round < Number(flags.rounds); round++) {
      rates.push(await throughput(caller, IN_FLIGHT, Number(flags.ms)));
      const histogram = await latencies(caller, 2_000);
      medians.push(histogram.getValueAtPercentile(50) / 1_000);
      tails.push(histogram.getValueAtPercentile(99) / 1_000);
      if (caller.pull !== undefined) items.push(await pulling(caller, ITEMS));
    }
    return {
      callsPerSecond: median(rates),
      medianUs: median(medians),
      p99Us: median(tails),
      itemsPerSecond: items.length === 0 ? 0 : median(items),
    };
  });
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

const measured = new Map<Subject, Measured>();
for (const subject of SUBJECTS) {
  console.error(`measuring ${subject.name} …`);
  measured.set(subject, await measure(subject));
}
const of = (subject: Subject): Measured => measured.get(subject) as Measured;
const rate = (subject: Subject, reference: Subject, atLeast: number): Figure => ({
  name: `calls, ${IN_FLIGHT} in flight: ${subject.name}`,
  value: of(subject).callsPerSecond,
  unit: "/s",
  reference: { name: reference.name, value: of(reference).callsPerSecond },
  target: { atLeast },
});
const alone = (subject: Subject, atMost?: number): Figure => ({
  name: `one call at a time, median: ${subject.name}`,
  value: of(subject).medianUs,
  unit: "µs",
  reference: { name: bareEcho.name, value: of(bareEcho).medianUs },
  ...(atMost !== undefined && { target: { atMost } }),
});
const items = (subject: Subject, atLeast?: number): Figure => ({
  name: `stream, items one way: ${subject.name}`,
  value: of(subject).itemsPerSecond,
  unit: "/s",
  reference: { name: bareEcho.name, value: of(bareEcho).itemsPerSecond },
  ...(atLeast !== undefined && { target: { atLeast } }),
});
const tail = (subject: Subject): Figure => ({ name: `one call at a time, p99: ${subject.name}`, value: of(subject).p99Us, unit: "µs" });

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
