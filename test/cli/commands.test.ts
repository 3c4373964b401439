import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Started, start, synapse, synapseWith } from "./run.ts";

/** Nobody listens on port 1 of this machine, or the whole world is different. */
const NOBODY = "127.0.0.1:1";

let root: Started;
let agent: Started;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "synapse-cli-"));
  const handler = join(folder, "handler.mjs");
  await writeFile(
    handler,
    `export default (task, context) => {
      if (task === "fail") throw new Error("the handler's own words");
      return { task, context };
    };`,
  );
  root = await start("--name", "root");
  agent = await start(
    "--name",
    "ada",
    "--capability",
    "code-review/python=reads Python",
    "--handler",
    handler,
    "--bootstrap",
    root.address,
  );
});

/** Takes connections and never says a word. */
async function silentServer(): Promise<{ readonly address: string; close(): Promise<void> }> {
  const server = createServer((socket) => void socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

afterAll(async () => {
  await Promise.all([agent?.stop(), root?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

describe("find", () => {
  test("prints who was found and what the search cost", async () => {
    const { code, out, err } = await synapse("find", "code-review", "--bootstrap", root.address);
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(out).toContain("ada");
    expect(out).toContain(agent.address);
    expect(out).toMatch(/1 agent · \d+ hops? · (1 request|\d+ requests) · \d+ ms · complete/);
  });

  test("gives one JSON object on stdout with --json, and takes the address from the environment", async () => {
    const { code, out } = await synapseWith({ SYNAPSE_BOOTSTRAP: root.address }, "find", "code-review/python", "--json");
    expect(code).toBe(0);
    const { matches, report } = JSON.parse(out);
    expect(matches).toHaveLength(1);
    expect(matches[0]).toMatchObject({ id: agent.id, name: "ada", capability: "code-review/python", description: "reads Python" });
    expect(report).toMatchObject({ complete: true, truncated: false });
  });

  test("ends with 3 when nobody offers it", async () => {
    const { code, out, err } = await synapse("find", "juggling", "--bootstrap", root.address);
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toContain("nobody offers juggling");
  });

  test.each([
    ["juggling balls", "one capability of that name is written juggling-balls; is the agent running"],
    ["juggling balls=3", "was asked; is the agent running"],
    ["juggling/balls high", "was asked; is the agent running"],
  ])("nobody offers %s: says how one name would be written, where it could be one", async (query, hint) => {
    const { code, err } = await synapse("find", query, "--bootstrap", root.address);
    expect(code).toBe(3);
    expect(err).toContain(hint);
  });

  test("with --watch is in the network in the time that --timeout allows, or says so", async () => {
    const silent = await silentServer();
    const { code, err } = await synapse("find", "x", "--watch", "--bootstrap", silent.address, "--timeout", "100ms");
    await silent.close();
    expect(code).toBe(5);
    expect(err).toContain(`not in the network (through ${silent.address}) after 0.1 s (timed_out)`);
  });

  test("ends with 6 in another swarm than the node's own, and says which it is", async () => {
    const { code, err } = await synapse("find", "code-review", "--bootstrap", root.address, "--swarm", "elsewhere");
    expect(code).toBe(6);
    expect(err).toContain('in swarm "default", this one in "elsewhere" (wrong_swarm)');
    expect(err).toContain("--swarm default");
  });

  test("ends with 4 when no bootstrap address answers", async () => {
    const { code, err } = await synapse("find", "code-review", "--bootstrap", NOBODY);
    expect(code).toBe(4);
    expect(err).toContain(NOBODY);
  });

  test("ends with 2 when no bootstrap address is given, and says which option is missing", async () => {
    const { code, err } = await synapse("find", "code-review");
    expect(code).toBe(2);
    expect(err).toContain("--bootstrap");
  });

  test("ends with 2 for a name that is none, and gives the spelling that would do", async () => {
    const { code, err } = await synapse("find", "Code Review", "--bootstrap", root.address);
    expect(code).toBe(2);
    expect(err).toContain('"code-review"');
  });
});

describe("ask", () => {
  test("prints the answer of an agent that offers the capability", async () => {
    const { code, out } = await synapse(
      ...["ask", "@code-review", "look", "--context", "n=3", "--context", "who=me"],
      ...["--bootstrap", root.address, "--json"],
    );
    expect(code).toBe(0);
    const { result, agent: who } = JSON.parse(out);
    expect(result).toEqual({ task: "look", context: { n: 3, who: "me" } });
    expect(who).toMatchObject({ name: "ada" });
  });

  test("asks exactly the agent at an address", async () => {
    const { code, out } = await synapse("ask", agent.address, "look");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ task: "look", context: {} });
  });

  test("ends with 7 and the handler's words when its handler fails", async () => {
    const { code, err } = await synapse("ask", agent.address, "fail");
    expect(code).toBe(7);
    expect(err).toContain("the handler's own words");
    expect(err).not.toContain("    at ");
  });

  test("ends with 2 for what is neither a name nor an address", async () => {
    const { code, err } = await synapse("ask", "code-review", "look");
    expect(code).toBe(2);
    expect(err).toContain("@code-review");
  });
});

describe("ping, info, peers and call", () => {
  test("ping prints how long each answer took", async () => {
    const { code, out } = await synapse("ping", root.address, "--count", "3", "--json");
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.ms).toBeGreaterThan(0);
  });

  test.each([["ping"], ["info"], ["peers"], ["call", "sum"], ["ask", "look"]])(
    "%s ends with 4 where nobody listens, and says what to look at",
    async (command, ...more) => {
      const { code, err } = await synapse(command, NOBODY, ...more);
      expect(code).toBe(4);
      expect(err).toContain("does a node run there?");
    },
  );

  test("info prints the card", async () => {
    const { code, out } = await synapse("info", agent.address, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: agent.id, name: "ada", port: agent.port, capabilities: ["code-review/python"] });
  });

  test("info shows people what tells them something", async () => {
    const [agents, roots] = await Promise.all([synapse("info", agent.address), synapse("info", root.address)]);
    expect(agents.out).toMatch(/^name +ada$/m);
    for (const { out } of [agents, roots]) expect(out).not.toMatch(/^(kind|team|role|description)/m);
  });

  test("peers prints whom a node knows", async () => {
    const { code, out } = await synapse("peers", root.address);
    expect(code).toBe(0);
    expect(out).toContain(agent.id.slice(0, 8));
  });

  test("call takes JSON and text as arguments, and prints the result", async () => {
    const { code, out } = await synapse("call", agent.address, "_agent.ask", "plain text", "--kwargs", '{"context": {"a": [1]}}', "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ task: "plain text", context: { a: [1] } });
  });

  test("call ends with 6 for an endpoint that is not there", async () => {
    const { code, out } = await synapse("call", root.address, "nothing", "--json");
    expect(code).toBe(6);
    expect(JSON.parse(out).error).toMatchObject({ code: "bad_request", remote: true, hint: expect.stringContaining("_synapse.methods") });
  });

  test("call ends with 6 where an argument is missing, and says which", async () => {
    const { code, err } = await synapse("call", agent.address, "_agent.ask");
    expect(code).toBe(6);
    expect(err).toContain("_agent.ask() is missing its argument 'task' (bad_request)");
  });
});

describe("start", () => {
  test("keeps its identity in a file that only the owner can read", async () => {
    const file = join(folder, "keys", "id.pem");
    const first = await start("--identity", file);
    expect(await first.stop()).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(first.said()).toContain(`new key written to ${file}`);
    const second = await start("--identity", file);
    expect(second.id).toBe(first.id);
    expect(second.said()).not.toContain("new key");
    expect(await second.stop("SIGINT")).toBe(0);
  });

  test("with --state comes back into the network without a bootstrap address, and a second node on that file is refused", async () => {
    const state = join(folder, "state.json");
    const first = await start("--state", state, "--bootstrap", root.address);
    const refused = await synapse("start", "--state", state, "--listen", "127.0.0.1:0", "--json");
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.out).error).toMatchObject({ code: "in_use" });
    await first.stop();
    const again = await start("--state", state);
    expect((await synapse("peers", again.address)).out).toContain(root.address);
    await again.stop();
  });

  test("has work done by any program, which gets task and context on its stdin", async () => {
    const worker = await start("--capability", "echo", "--exec", "cat", "--bootstrap", root.address);
    const { out } = await synapse("ask", "@echo", "hello", "--context", "x=1", "--bootstrap", root.address);
    expect(JSON.parse(out)).toEqual({ task: "hello", context: { x: 1 } });
    await worker.stop();
  });

  test("says how many capabilities nobody works for", async () => {
    const [one, two] = await Promise.all([start("--capability", "a"), start("--capability", "a", "--capability", "b")]);
    await Promise.all([one.stop(), two.stop()]);
    expect(one.said()).toContain("it offers 1 capability but");
    expect(two.said()).toContain("it offers 2 capabilities but");
  });

  test("tells the caller how the program ended, and the owner what it wrote to stderr", async () => {
    const worker = await start("--capability", "breaking", "--exec", "echo secret >&2; exit 9");
    const { code, err } = await synapse("ask", worker.address, "hello");
    expect(code).toBe(7);
    expect(err).toContain("exit code 9");
    expect(err).not.toContain("secret");
    await worker.stop();
    expect(worker.said()).toContain("secret");
  });

  test("ends what a program does when the caller gives up", async () => {
    const mark = join(folder, "survived");
    const worker = await start("--capability", "slow", "--exec", `sleep 30; touch ${mark}`);
    const { code } = await synapse("ask", worker.address, "hello", "--timeout", "300ms");
    expect(code).toBe(5);
    expect(await worker.stop()).toBe(0);
    await expect(stat(mark)).rejects.toThrow("ENOENT");
  });

  test("withdraws what it published when it is stopped", async () => {
    const leaver = await start("--capability", "leaving", "--exec", "cat", "--bootstrap", root.address);
    expect((await synapse("find", "leaving", "--bootstrap", root.address)).code).toBe(0);
    await leaver.stop();
    expect((await synapse("find", "leaving", "--bootstrap", root.address)).code).toBe(3);
  });

  test("says so when the port is taken", async () => {
    const { code, err } = await synapse("start", "--listen", root.address);
    expect(code).not.toBe(0);
    expect(err).toContain("another program listens there");
  });

  test("refuses a handler that is none", async () => {
    const { code, err } = await synapse("start", "--handler", join(folder, "missing.mjs"));
    expect(code).toBe(2);
    expect(err).toContain("missing.mjs");
  });
});

test("An agent works on when whoever read its log is gone", async () => {
  const lonely = await start("--capability", "fails", "--exec", "exit 3");
  lonely.child.stderr?.destroy();
  for (let n = 0; n < 3; n++) expect((await synapse("ask", lonely.address, "anything")).code).toBe(7);
  expect((await synapse("ping", lonely.address)).code).toBe(0);
  expect(await lonely.stop()).toBe(0);
});
