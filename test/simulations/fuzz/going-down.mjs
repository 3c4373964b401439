// A worker that goes down at seed 2, and lets all be well in the other worlds.
import { parentPort } from "node:worker_threads";

parentPort.on("message", ({ seed }) => {
  if (seed === 2) throw new Error("out of luck");
  parentPort.postMessage({ seed, violations: [], virtualMs: 1, messages: 1, looks: 1 });
});
