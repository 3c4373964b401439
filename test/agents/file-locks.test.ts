import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { FileLocks } from "../../src/file-locks.ts";
import { AgentNode, Identity, Node, type NodeOptions } from "../../src/index.ts";
import { failureOf } from "../support/net/lifetime.ts";

const HOLDER = fileURLToPath(new URL("../support/lock-holder.ts", import.meta.url));

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "synapse-lock-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

function nodeOn(options: NodeOptions): Node {
  const node = new Node(options);
  onTestFinished(() => node.stop());
  return node;
}

/** Another process that takes a file, and what it says about that. */
async function otherProcess(file: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", HOLDER, file], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line")) as [string];
  return { child, said };
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("A second node", () => {
  test("on the file of contacts of another is refused, and leaves both as they are; once that has stopped it starts", async () => {
    const place = await folder();
    const state = join(place, "contacts.json");
    const first = nodeOn({ state });
    await first.start();
    const lock = await readFile(`${state}.lock`, "utf8");
    const second = nodeOn({ state, bootstrap: first.addresses });
    expect(await failureOf(second.start())).toMatchObject({
      code: "in_use",
      message: `${state} is in use by another node of this process`,
      hint: expect.stringContaining("end that node first"),
    });
    expect(await readdir(place)).toEqual(["contacts.json.lock"]);
    expect(await readFile(`${state}.lock`, "utf8")).toBe(lock);
    await first.stop();
    expect(await readdir(place)).toEqual([]);
    const other = nodeOn({});
    await other.start();
    await nodeOn({ state, bootstrap: other.addresses }).start();
  });

  test("that was refused, and has been one before, does not write down what it knew then", async () => {
    const state = join(await folder(), "contacts.json");
    const root = nodeOn({});
    await root.start();
    const node = nodeOn({ state, bootstrap: root.addresses });
    await node.start();
    await node.stop();
    const first = nodeOn({ state });
    await first.start();
    await writeFile(state, "what the other has written");
    expect(await failureOf(node.start())).toMatchObject({ code: "in_use" });
    expect(await readFile(state, "utf8")).toBe("what the other has written");
  });

  test("with the key of another is refused, whatever else they have", async () => {
    const path = join(await folder(), "key.pem");
    const first = new AgentNode({ name: "a", identity: await Identity.loadOrCreate(path) });
    onTestFinished(() => first.stop());
    await first.start();
    const second = nodeOn({ identity: await Identity.loadOrCreate(path) });
    expect(await failureOf(second.start())).toMatchObject({ code: "in_use", message: expect.stringContaining(path) });
    await first.stop();
    await second.start();
  });
});

describe("What another process uses", () => {
  test("is refused for as long as it lives, and to be had when it was killed", async () => {
    const file = join(await folder(), "a", "contacts.json");
    const { child, said } = await otherProcess(file);
    expect(said).toBe("taken");
    const locks = new FileLocks();
    onTestFinished(() => locks.release());
    expect(await failureOf(locks.take([file]))).toMatchObject({ code: "in_use", message: `${file} is in use by process ${child.pid}` });
    await killed(child);
    await locks.take([file]);
    expect((await otherProcess(file)).said).toBe("in_use");
    expect(await readdir(join(file, ".."))).toEqual(["contacts.json.lock"]);
  });

  test("and has left behind is had by one of several that come for it at once", async () => {
    const file = join(await folder(), "contacts.json");
    await writeFile(`${file}.lock`, "999999999 1\n");
    const all = await Promise.all(Array.from({ length: 4 }, () => otherProcess(file)));
    expect(all.map(({ said }) => said).sort()).toEqual(["in_use", "in_use", "in_use", "taken"]);
  });
});

describe("A lock that was left behind is taken over:", () => {
  test.each([
    ["of a process that is gone", "999999999 1\n"],
    [
      "of this process itself, which knows that it has none",
      async (file: string) => {
        const locks = new FileLocks();
        await locks.take([file]);
        const text = await readFile(`${file}.lock`, "utf8");
        await locks.release();
        return text;
      },
    ],
    ["of one with the number of this process, in a former life", `${process.pid} 1\n`],
    ["of nobody", ""],
    ["of what is no process", "-1\n"],
  ])("%s", async (_, text) => {
    const file = join(await folder(), "contacts.json");
    await writeFile(`${file}.lock`, typeof text === "string" ? text : await text(file));
    const locks = new FileLocks();
    await locks.take([undefined, file]);
    expect(await readFile(`${file}.lock`, "utf8")).toMatch(new RegExp(`^${process.pid}\\b`));
    expect(await failureOf(new FileLocks().take([file]))).toMatchObject({ code: "in_use" });
    await locks.release();
    expect(await readdir(join(file, ".."))).toEqual([]);
  });

  test.runIf(process.platform === "linux")("of one whose number another process has by now", async () => {
    const file = join(await folder(), "contacts.json");
    await writeFile(`${file}.lock`, `${process.ppid} 1\n`);
    const locks = new FileLocks();
    await locks.take([file]);
    await locks.release();
  });
});

test("A folder in which no lock can be written is told as such", async () => {
  const place = await folder();
  await writeFile(join(place, "file"), "");
  const file = join(place, "file", "contacts.json");
  expect(await failureOf(new FileLocks().take([file]))).toMatchObject({ code: "bad_options", message: expect.stringContaining(file) });
});
