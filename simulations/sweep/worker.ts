/** A worker of a sweep: takes one job after the other, and answers each with what came of it. */
import { parentPort } from "node:worker_threads";
import { asSynapseError } from "../../src/errors.ts";
import { record } from "../simulate.ts";
import type { Job, JobOutcome } from "./job.ts";

parentPort?.on("message", async (job: Job) => parentPort?.postMessage(await outcomeOf(job)));

async function outcomeOf({ scenario, command }: Job): Promise<JobOutcome> {
  try {
    return { recording: await record(scenario, { command }) };
  } catch (thrown) {
    const { code, message } = asSynapseError(thrown);
    return { error: { code, message } };
  }
}
