// npm run fuzz -- --cases 1000000 --seed 1
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const cases = Number(values.cases);
const began = performance.now();
const isTerminal = process.stderr.isTTY;
const report = await fuzz(Number(values.seed), cases, (done) => {
  if (isTerminal) process.stderr.write(`\r${done.toLocaleString("en")} of ${cases.toLocaleString("en")} cases`);
});
if (isTerminal) process.stderr.write("\n");
const seconds = (performance.now() - began) / 1_000;
if (values.json) console.log(JSON.stringify({ ...report, seed: Number(values.seed), seconds }));
else
  console.log(
    `${cases.toLocaleString("en")} cases on ${report.links.toLocaleString("en")} links in ${seconds.toFixed(1)} s: it serves, keeps nothing, and has thrown nothing`,
  );
