// Runs what the documents show of simulations, and says which of them give another trace by now: that is how far their figures can be believed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cli = join(root, "dist", "src", "cli", "main.js");
const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
/** Characters of a trace hash that are shown. */
const SHOWN = 16;

const simulated = (...args) => ({
  shows: `synapse sim run ${args.join(" ")}`,
  command: [cli, "sim", "run", ...args, "--json"],
  traceIn: (output) => JSON.parse(output).traceHash.slice(0, SHOWN),
});

/** In which document, and what it shows. */
const SHOWN_RUNS = [
  { document: "README.md", ...simulated("--seed", "7") },
  { document: "README.md", ...simulated("--seed", "7", "--churn", "1h") },
  {
    document: "examples/simulate-your-swarm/README.md",
    shows: "examples/simulate-your-swarm/swarm.ts",
    command: [tsx, join(root, "examples", "simulate-your-swarm", "swarm.ts")],
    traceIn: (output) => /^trace ([0-9a-f]+)$/m.exec(output)?.[1] ?? "none",
  },
];

let untrue = 0;
for (const { document, shows, command, traceIn } of SHOWN_RUNS) {
  const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], cwd: root });
  const trace = status === 0 ? traceIn(stdout) : `exit code ${status}`;
  const isShown = readFileSync(join(root, document), "utf8").includes(trace);
  if (!isShown) untrue += 1;
  console.log(`${isShown ? "as shown" : "OTHERWISE"}  ${trace}  ${shows}  (${document})`);
}
process.exit(untrue === 0 ? 0 : 1);
