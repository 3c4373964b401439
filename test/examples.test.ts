import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
});

function example(file: string, args: readonly string[], stderr: "inherit" | "pipe" = "inherit"): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", `examples/${file}`, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", stderr],
  });
  running.push(child);
  return child;
}

/** The address at which an example says that it serves. */
async function serving(file: string, ...args: string[]): Promise<string> {
  const lines = createInterface({ input: example(file, args).stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`${file} ended without saying where it listens`);
}

async function outputOf(file: string, ...args: string[]): Promise<string> {
  const child = example(file, args);
  const exit = once(child, "exit");
  let text = "";
  for await (const chunk of child.stdout ?? []) text += chunk;
  expect(await exit).toEqual([0, null]);
  return text;
}

test("The first agent is found and does its work", async () => {
  const address = await serving("first-agent/agent.ts");
  await serving("first-agent/agent.ts", address);
  const output = await outputOf("first-agent/ask.ts", address);
  expect(output).toContain("2 found");
  expect(output).toContain("ada: use === (JavaScript)");
});

test.each([
  [[], "the address that agent.ts prints"],
  [["127.0.0.1:1"], "no bootstrap address answered"],
  [["nowhere"], "not an address"],
])("Without an agent at %j the asking one says what is wrong in words", async (args, message) => {
  const child = example("first-agent/ask.ts", args, "pipe");
  const exit = once(child, "exit");
  let said = "";
  for await (const chunk of child.stderr ?? []) said += chunk;
  expect((await exit)[0]).toBeGreaterThan(0);
  expect(said).toContain(message);
  expect(said).not.toMatch(/^\s+at /m);
});

test("The client calls the server, by place and by name", async () => {
  const address = await serving("server-and-client/server.ts", "0");
  const output = await outputOf("server-and-client/client.ts", address.split(":")[1] ?? "");
  expect(output.split("\n").slice(0, 3)).toEqual(["3", "42", "[ 2, 4, 6 ]"]);
  expect(output).toContain("Add two numbers");
  expect(output).not.toContain("secret");
});

test("The simulated swarm prints its table", async () => {
  const output = await outputOf("simulated-swarm/sweep.ts", "20");
  expect(output.trim().split("\n")).toHaveLength(5);
});

test("A swarm of one's own survives a crash in a simulated world", async () => {
  const output = await outputOf("simulate-your-swarm/swarm.ts");
  expect(output).toContain("has crashed");
  expect(output).toContain("found ada, ben, cleo");
});
