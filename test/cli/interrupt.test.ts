import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { synapse, synapseUntilItSpeaks } from "./run.ts";

async function module(source: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "synapse-interrupt-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const file = join(path, "scenario.mjs");
  await writeFile(file, source);
  return file;
}

/** Says that it is there, and never gives its thread back. */
const LOOPS = `import { writeSync } from "node:fs";
export default () => { writeSync(2, "here\\n"); for (;;); };`;

describe("A Ctrl-C ends", () => {
  test.each([["run"], ["compare"], ["sweep", "nodes=10,20"], ["fuzz"], ["shrink"], ["verify"]])(
    "sim %s whose scenario loops for ever",
    async (command, ...more) => {
      const file = await module(LOOPS);
      const { code, out, err } = await synapseUntilItSpeaks("SIGINT", "sim", command, file, ...more);
      expect({ code, out, err }).toEqual({ code: 130, out: "", err: "here\ninterrupted\n" });
    },
  );

  test("it for machines, too", async () => {
    const { code, out } = await synapseUntilItSpeaks("SIGTERM", "sim", "run", await module(LOOPS), "--json");
    expect([code, JSON.parse(out)]).toMatchObject([130, { error: { code: "aborted" } }]);
  });

  test("a simulation that goes on, whose trace has whole lines", async () => {
    const file = await module(`import { writeSync } from "node:fs";
      setImmediate(() => writeSync(2, "here\\n"));
      export default { nodes: 50, durationMs: "1000h" };`);
    const trace = `${file}.ndjson`;
    const { code, err } = await synapseUntilItSpeaks("SIGINT", "sim", "run", file, "--trace", trace);
    expect([code, err]).toEqual([130, "here\ninterrupted\n"]);
    const lines = (await readFile(trace, "utf8")).split("\n"); // none at all where the machine is so busy that the thread had to be ended
    expect(lines.pop()).toBe("");
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("kind");
  });
});

test("What a scenario throws when nobody waits for it any more is said in one line", async () => {
  const file = await module(`setTimeout(() => { throw new Error("too late"); }); export default { nodes: 50, durationMs: "1000h" };`);
  expect(await synapse("sim", "run", file)).toEqual({ code: 1, out: "", err: "error: too late\n" });
});
