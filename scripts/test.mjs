// Everything that `npm test` checks, in one count: lint, types, then the test suite. Each check counts as one test.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const results = join(root, ".test-results.json");
const tool = (...path) => join(root, "node_modules", ...path);
let passed = 0;
let failed = 0;

function check(name, script, ...args) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  return status === 0;
}

function count(ok) {
  if (ok) passed += 1;
  else failed += 1;
}

count(check("lint", tool("@biomejs", "biome", "bin", "biome"), "check", "."));
count(check("types", tool("typescript", "bin", "tsc"), "--noEmit"));

rmSync(results, { force: true });
const extra = process.argv.slice(2);
const ran = check(
  "tests",
  tool("vitest", "vitest.mjs"),
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${results}`,
  ...extra,
);
if (existsSync(results)) {
  const report = JSON.parse(readFileSync(results, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  if (!ran && report.numFailedTests === 0) failed += 1; // an error outside any test: a broken file, an unhandled rejection
} else {
  failed += 1; // the runner itself did not come to an end
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
