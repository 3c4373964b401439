/** A worker that fuzzes: takes one world after the other, and answers each with what came of it. */
import { parentPort } from "node:worker_threads";
import { asSynapseError } from "../../src/errors.ts";
import type { PointError } from "../sweep/job.ts";
import { type FuzzResult, fuzz } from "./fuzz.ts";
import type { FuzzJob } from "./seeds.ts";

parentPort?.on("message", async (job: FuzzJob) => parentPort?.postMessage(await outcomeOf(job)));

async function outcomeOf({ seed, minutes }: FuzzJob): Promise<FuzzResult | { readonly error: PointError }> {
  try {
    return await fuzz(seed, { minutes });
  } catch (thrown) {
    const { code, message } = asSynapseError(thrown);
    return { error: { code, message } };
  }
}
