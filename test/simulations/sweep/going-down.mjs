// A worker that goes down at point 1, and answers the others with nothing but their number, the later ones first.
import { parentPort } from "node:worker_threads";

parentPort.on("message", ({ index }) => {
  if (index === 1) throw new Error("out of luck");
  setTimeout(() => parentPort.postMessage({ error: { code: "test", message: `point ${index}` } }), index === 0 ? 200 : 0);
});
