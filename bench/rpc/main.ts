import { parseArgs } from "node:util";
import { type Figure, median, printFigures } from "../support/figures.ts";
import { latencies, throughput, withCaller } from "./loads.ts";
import type { Subject } from "./subject.ts";
import { bareEcho, grpc, SUBJECTS, synapsePlain, synapseSecure } from "./subjects.ts";

const IN_FLIGHT = 64;
const WARM_UP_MS = 1_000;

const { values: flags } = parseArgs({
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "5" }, ms: { type: "string", default: "1000" } },
});

interface Measured {
  readonly callsPerSecond: number;
  readonly medianUs: number;
  readonly p99Us: number;
}

async function measure(subject: Subject): Promise<Measured> {
  return withCaller(subject, async (caller) => {
    await throughput(caller, IN_FLIGHT, WARM_UP_MS);
    const rates: number[] = [];
    const medians: number[] = [];
    const tails: number[] = [];
    for (let round = 0; round < Number(flags.rounds); round++) {
      rates.push(await throughput(caller, IN_FLIGHT, Number(flags.ms)));
      const histogram = await latencies(caller, 2_000);
      medians.push(histogram.getValueAtPercentile(50) / 1_000);
      tails.push(histogram.getValueAtPercentile(99) / 1_000);
    }
    return { callsPerSecond: median(rates), medianUs: median(medians), p99Us: median(tails) };
  });
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
printFigures(
  "RPC on loopback, server and client in two processes",
  [
    rate(synapsePlain, bareEcho, 0.5),
    rate(synapsePlain, grpc, 12),
    rate(synapseSecure, synapsePlain, 0.6),
    alone(synapsePlain, 1.6),
    alone(synapseSecure),
    alone(grpc),
  ],
  flags.json,
);
