import type { LookupResult } from "../../dht/index.ts";
import { K, type NodeId, SynapseError, toHex } from "../../routing/index.ts";
import { nearestOf } from "../engine/nearest.ts";
import { Samples } from "../engine/statistics.ts";
import type { Plan } from "./plan.ts";
import type { Specimen, SpecimenName } from "./specimen.ts";

/** Told what is going on, and how much of it is done. */
export type FidelityProgress = (phase: string, done: number, of: number) => void;

/** What lookups came to in one of the networks; means over all of them. */
export interface SpecimenFigures {
  readonly name: SpecimenName;
  /** Requests one after the other on the way to the nearest. */
  readonly hops: number;
  /** Requests of a lookup, failed ones included. */
  readonly requests: number;
  /** Part of the true k nearest that was found, 0 … 1. */
  readonly recall: number;
  /** Requests of all lookups together that were late, or failed: on loopback a sign that the machine was too busy to tell anything. */
  readonly late: number;
  readonly failed: number;
  /** Virtual time of a lookup. Not on loopback, where all nodes share the time of one process. */
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
}

export interface MeasureOptions {
  readonly progress?: FidelityProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Grows a network by the plan, makes its lookups, and ends it. */
export async function measure(specimen: Specimen, plan: Plan, { progress, signal }: MeasureOptions): Promise<SpecimenFigures> {
  const step = (phase: string, done: number, of: number) => {
    signal?.throwIfAborted();
    progress?.(`${specimen.name}: ${phase}`, done, of);
  };
  try {
    for (const [index, key] of plan.keys.entries()) {
      step("growing", index, plan.keys.length);
      await specimen.welcome(key, plan.bootstraps[index] ?? []);
    }
    const figures = await lookUpAll(specimen, plan, step);
    const [fault] = specimen.faults;
    if (fault !== undefined) throw new SynapseError("simulation_fault", `a simulated node failed: ${fault}`);
    return figures;
  } catch (error) {
    throw signal?.aborted ? new SynapseError("aborted", "the comparison was interrupted", { cause: error }) : error;
  } finally {
    await specimen.close();
  }
}

async function lookUpAll(specimen: Specimen, { lookups }: Plan, step: FidelityProgress): Promise<SpecimenFigures> {
  const [hops, requests, recall, ms] = [new Samples(), new Samples(), new Samples(), new Samples()];
  const { name, ids } = specimen;
  let [late, failed] = [0, 0];
  for (const [index, { asker, target }] of lookups.entries()) {
    step("looking up", index, lookups.length);
    const result = await specimen.lookUp(asker, target);
    hops.add(result.hops);
    requests.add(result.requests);
    recall.add(recallOf(result, ids, asker, target));
    ms.add(result.ms);
    late += result.late;
    failed += result.failed;
  }
  const means = { name, hops: hops.mean, requests: requests.mean, recall: recall.mean, late, failed };
  return name === "loopback" ? means : { ...means, latencyMs: { p50: ms.quantile(0.5), p99: ms.quantile(0.99) } };
}

/** Against all ids sorted by distance. Nobody looks itself up. */
function recallOf({ closest }: LookupResult, ids: readonly NodeId[], asker: number, target: NodeId): number {
  const others = ids.filter((_, index) => index !== asker).map((id) => ({ id }));
  const found = new Set(closest.map(({ key }) => key));
  const truth = nearestOf(others, target, K);
  return truth.filter(({ id }) => found.has(toHex(id))).length / truth.length;
}
