import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { checkWritable, writeWhole } from "../../src/cli/sim/written-file.ts";
import { synapse, synapseUntilItSpeaks } from "./run.ts";

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const renameSync: typeof fs.renameSync = (from, to) => {
    if (disk.isFull) throw new Error("ENOSPC: no space left on device");
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync };
});
afterEach(() => {
  disk.isFull = false;
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "synapse-written-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const codeOf = (error: unknown) => (error as { code: string }).code;

describe("A file that is written", () => {
  test("replaces what was there, behind links, too, and keeps its mode", async () => {
    const path = await folder();
    const [file, link] = [join(path, "a.json"), join(path, "link.json")];
    await writeFile(file, "before");
    await chmod(file, 0o640);
    await symlink(file, link);
    writeWhole("recording", link, "after");
    expect(await readFile(file, "utf8")).toBe("after");
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect((await readdir(path)).sort()).toEqual(["a.json", "link.json"]);
  });

  test("leaves what was there when it cannot be completed", async () => {
    const path = await folder();
    const file = join(path, "a.json");
    await writeFile(file, "before");
    disk.isFull = true;
    expect(() => writeWhole("recording", file, "after")).toThrow("cannot write the recording");
    expect([await readdir(path), await readFile(file, "utf8")]).toEqual([["a.json"], "before"]);
  });

  test("goes into a pipe where there is one, and does not take its place", async () => {
    const pipe = join(await folder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    checkWritable({ report: pipe });
    writeWhole("report", pipe, "a page");
    expect(statSync(pipe).isFIFO()).toBe(true);
    const read = Buffer.alloc(100);
    expect(read.toString("utf8", 0, readSync(reader, read))).toBe("a page");
  });
});

describe("That a file cannot be written is found out before anything runs:", () => {
  test("a folder in its place, none around it, and two files in one place", async () => {
    const path = await folder();
    await mkdir(join(path, "in-its-place"));
    const wrong = [
      { report: join(path, "in-its-place") },
      { report: join(path, "none", "a.html") },
      { report: join(path, "a"), trace: join(path, "a") },
    ];
    for (const files of wrong) expect(() => checkWritable(files)).toThrow(expect.toSatisfy((error) => codeOf(error) === "bad_options"));
    expect(await readdir(path)).toEqual(["in-its-place"]);
  });

  test("a scenario that is wrong leaves an older trace alone", async () => {
    const trace = join(await folder(), "trace.ndjson");
    await writeFile(trace, "older");
    expect(await synapse("sim", "run", "--set", "nodes=1", "--trace", trace)).toMatchObject({ code: 2 });
    expect(await readFile(trace, "utf8")).toBe("older");
  });
});

test("A run that is interrupted leaves the files as they were", async () => {
  const path = await folder();
  const scenario = join(path, "scenario.mjs");
  const saved = join(path, "run.json");
  const speaks = `import { writeSync } from "node:fs"; setImmediate(() => writeSync(2, "here\\n")); export default { durationMs: "1000h" };`;
  await Promise.all([writeFile(scenario, speaks), writeFile(saved, "older")]);
  const { code } = await synapseUntilItSpeaks("SIGINT", "sim", "run", scenario, "--save", saved, "--report", join(path, "run.html"));
  expect(code).toBe(130);
  expect((await readdir(path)).sort()).toEqual(["run.json", "scenario.mjs"]);
  expect(await readFile(saved, "utf8")).toBe("older");
});
