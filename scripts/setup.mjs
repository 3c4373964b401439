// Makes a fresh clone ready, with nothing but Node and npm: installs what the lock file names, then builds dist/.
// Does nothing where both are already up to date, so that `npm start` and `npm test` may call it every time.
// `setup.mjs FOLDER` installs what that folder's lock file names as well.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const OLDEST_NODE = [20, 19];
const SOURCES = ["routing", "dht", "src", "simulations"];
const stamp = join(root, "dist", ".built");
const command = join(root, "dist", "src", "cli", "main.js");

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function modifiedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function run(what, command, args, cwd = root) {
  console.error(`setup: ${what} …`);
  const result = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
  if (result.error) fail(`could not run ${command}: ${result.error.message}`);
  if (result.status !== 0) fail(`${what} ended with exit code ${result.status}; its output is above`);
}

function newestSource(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  // The folder's own time counts too: it changes when a file is removed.
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => newestSource(join(path, name))));
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const oldEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (!oldEnough) fail(`needs Node ${OLDEST_NODE.join(".")} or later, this is ${process.versions.node}`);
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function install(folder) {
  const installed = modifiedAt(join(folder, "node_modules", ".package-lock.json"));
  if (installed !== 0 && installed >= modifiedAt(join(folder, "package-lock.json"))) return;
  // npm would empty the folder that the link points to, which is somebody else's.
  if (isLink(join(folder, "node_modules"))) fail(`${join(folder, "node_modules")} is a link to another folder: remove it, then try again`);
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  if (npm) run("installing packages (npm ci)", process.execPath, [npm, ...args], folder);
  else run("installing packages (npm ci)", "npm", args, folder);
}

function build() {
  const inputs = [...SOURCES, "tsconfig.json", "tsconfig.build.json", "package-lock.json"];
  const newest = Math.max(...inputs.map((name) => newestSource(join(root, name))));
  if (modifiedAt(stamp) >= newest) return;
  rmSync(join(root, "dist"), { recursive: true, force: true });
  run("building dist/ (tsc)", process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
  chmodSync(command, 0o755); // what npx runs; npm makes it executable only when it installs the package elsewhere
  writeFileSync(stamp, "");
}

checkNode();
const args = process.argv.slice(2);
if (!args.includes("--build")) for (const folder of ["", ...args]) install(join(root, folder));
build();
