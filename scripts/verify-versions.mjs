// Runs `synapse sim verify` with other major versions of Node beside this one: one seed is to be one trace in all of them.
// They are npm packages, and are put into a temporary folder. Arguments go to `sim verify`: npm run verify:versions -- --seeds 20
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJORS = [22, 24];
/** Platforms for which there are such packages, and on which this has been tried. */
const PLATFORMS = ["linux-x64"];
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const platform = `${process.platform}-${process.arch}`;

class Failure extends Error {}

function npm(...args) {
  const path = process.env.npm_execpath;
  const [command, ...before] = path ? [process.execPath, path] : ["npm"];
  return spawnSync(command, [...before, ...args], { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
}

function install(major, folder) {
  const name = `node-${platform}@${major}`;
  console.error(`verify:versions: getting ${name} …`);
  const prefix = join(folder, String(major));
  const { status, error, stderr } = npm("install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", name);
  if (error) throw new Failure(`could not run npm: ${error.message}`);
  const why = stderr.match(/^npm (?:error|ERR!) (?!code)(.+)$/m)?.[1] ?? `npm ended with exit code ${status}`;
  if (status !== 0)
    throw new Failure(`could not get ${name}: ${why}\n       It needs the npm registry; check the network and \`npm ping\`.`);
  const node = join(prefix, "node_modules", `node-${platform}`, "bin", "node");
  if (!existsSync(node)) throw new Failure(`${name} has no bin/node`);
  return node;
}

function verify(nodes) {
  const cli = join(root, "dist", "src", "cli", "main.js");
  const args = ["sim", "verify", ...nodes.flatMap((node) => ["--node", node]), ...process.argv.slice(2)];
  return spawnSync(process.execPath, [cli, ...args], { stdio: "inherit" }).status ?? 1;
}

const folder = mkdtempSync(join(tmpdir(), "synapse-node-"));
try {
  if (!PLATFORMS.includes(platform))
    throw new Failure(`has Node for ${PLATFORMS.join(", ")}, and this is ${platform}; use sim verify --node PATH`);
  process.exitCode = verify(MAJORS.map((major) => install(major, folder)));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`verify:versions: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
