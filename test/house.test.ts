import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");

const imports = (from: string) => `import { x } from "${from}";\n\nexport const y = x;\n`;
const says = (code: string) => `export const y = () => ${code};\n`;

/** A file that would stand in a folder, what is in it, and the rule that must object; none where it is right. */
const CASES: readonly (readonly [folder: string, source: string, rule: string | undefined])[] = [
  ["routing", imports("../dht/index.ts"), "noRestrictedImports"],
  ["routing", imports("node:crypto"), "noRestrictedImports"],
  ["dht", imports("../src/index.ts"), "noRestrictedImports"],
  ["dht", imports("../simulations/index.ts"), "noRestrictedImports"],
  ["dht", imports("node:net"), "noRestrictedImports"],
  ["src", imports("../simulations/index.ts"), "noRestrictedImports"],
  ["src/rpc", imports("../cli/output.ts"), "noRestrictedImports"],
  ["src/cli", imports("../../simulations/index.ts"), "noRestrictedImports"],
  ["simulations/engine", imports("../../test/support/check.ts"), "noRestrictedImports"],
  ["dht", imports("../routing/index.ts"), undefined],
  ["src", imports("../dht/index.ts"), undefined],
  ["src/cli", imports("synapse-p2p/simulations"), undefined],
  ["simulations", imports("../src/index.ts"), undefined],

  ["dht", says("Date.now()"), "plugin"],
  ["dht", says("new Date()"), "plugin"],
  ["src/rpc", says("performance.now()"), "plugin"],
  ["simulations/engine", says("Math.random()"), "plugin"],
  ["src", says("setTimeout(y, 1)"), "noRestrictedGlobals"],
  ["simulations", says("setImmediate(y)"), "noRestrictedGlobals"],
  ["dht", says("crypto.getRandomValues(new Uint8Array(1))"), "noRestrictedGlobals"],
  ["src", imports("node:tls"), "noRestrictedImports"],
  ["src/rpc", imports("node:net"), "noRestrictedImports"],
  ["src/rpc", imports("node:crypto"), "noRestrictedImports"],
  ["simulations/engine", imports("node:net"), "noRestrictedImports"],
  ["simulations/engine", imports("node:crypto"), "noRestrictedImports"],
  ["src/transport", imports("node:tls"), undefined],
  ["src/transport", says("Date.now()"), undefined],
  ["src/cli", says("performance.now()"), undefined],
];

const OBJECTS = ["noRestrictedImports", "noRestrictedGlobals", "plugin"];

describe("Lint holds the floors apart, and keeps time, randomness and sockets in their files:", () => {
  let house: string;
  let report: string;

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), "synapse-house-"));
    await cp(join(root, "biome.json"), join(house, "biome.json"));
    await cp(join(root, "lint"), join(house, "lint"), { recursive: true });
    for (const [index, [folder, source]] of CASES.entries()) {
      const file = join(house, folder, `case-${index}.ts`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, source);
    }
    const args = [biome, "lint", "--vcs-enabled=false", "--max-diagnostics=200", "--colors=off", "."];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: house, encoding: "utf8" });
    report = stdout + stderr;
  });

  afterAll(() => rm(house, { recursive: true, force: true }));

  test.each(CASES.map(([folder, source, rule], index) => ({ index, folder, code: source.split("\n")[0], rule })))(
    "$folder, $code: $rule",
    ({ index, rule }) => {
      const lines = report.split("\n").filter((line) => line.includes(`case-${index}.ts`));
      const objections = OBJECTS.filter((name) => lines.some((line) => line.includes(name)));
      expect(objections).toEqual(rule === undefined ? [] : [rule]);
    },
  );
});

test("No comment is wider than the code, 140 columns", () => {
  const rooms = ["routing", "dht", "src", "simulations", "test", "bench", "examples"];
  const files = rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((file) => join(room, file)),
  );
  const sources = files.filter((file) => file.endsWith(".ts") && !file.includes("node_modules"));
  expect(sources.length).toBeGreaterThan(500);
  const wide = sources.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, index) => (/^ *(\*|\/\/|\/\*\*) /.test(line) && line.length > 140 ? [`${file}:${index + 1}`] : [])),
  );
  expect(wide).toEqual([]);
});
