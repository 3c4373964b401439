import { describe, expect, test } from "vitest";
import { synapse, synapseUntilItSpeaks } from "./run.ts";

const COMMANDS = [["demo"], ["start"], ["find"], ["ask"], ["call"], ["ping"], ["info"], ["peers"], ["sim", "run"]];

describe("Every command", () => {
  test.each(COMMANDS)("%s %s explains itself, with examples and exit codes", async (...command) => {
    const { code, out, err } = await synapse(...command.filter((word) => typeof word === "string"), "--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Examples:");
    expect(out).toContain("Exit codes:");
    expect(out).toContain("--json");
  });
});

describe("What is typed wrongly", () => {
  test.each([
    [["bogus"], "unknown command"],
    [["bogus"], "Commands: demo, start, find,"],
    [["sim", "bogus"], "Commands: list, run, compare,"],
    [["help", "bogus"], "unknown command 'bogus'"],
    [["sim", "help", "bogus"], "unknown command 'bogus'"],
    [["find"], "missing required argument"],
    [["ping", "nowhere"], "not an address"],
    [["ping", "127.0.0.1:70000"], "not an address"],
    [["ask", "127.0.0.1:1", "x", "--timeout", "soon"], "500ms"],
    [["ask", "127.0.0.1:1", "x", "--context", "novalue"], "key=value"],
    [["call", "127.0.0.1:1", "x", "--kwargs", "[1]"], "JSON object"],
    [["ask", "127.0.0.1:1", "x", "--timeout", "99999999h"], "at most 24d"],
    [["ask", "127.0.0.1:1", "x", "--context", "a=1", "--context", "a=2"], "say once what a is"],
    [["ask", "127.0.0.1:1", "x", "--rank", "price"], "--rank does nothing here: 127.0.0.1:1 is asked"],
    [["ask", "@code-review lang=", "x", "--bootstrap", "127.0.0.1:1"], "(bad_query)"],
    [["find", "code-review lang=", "--bootstrap", "127.0.0.1:1"], "(bad_query)"],
    [["find", "x", "--watch", "--limit", "3", "--bootstrap", "127.0.0.1:1"], "--limit does nothing here"],
    [["find", "x", "--watch", "--rank", "price", "--bootstrap", "127.0.0.1:1"], "--rank does nothing here"],
    [["find", "x", "--watch", "--explain", "--bootstrap", "127.0.0.1:1"], "--explain does nothing here"],
    [["sim", "run", "--nodes", "5", "--set", "overlay.alpha=4", "--set", "overlay.alpha=5"], "both say what overlay.alpha is"],
    [["sim", "run", "--nodes", "5", "--set", "churn.meanMs=1h", "--set", 'churn={"model":"kad"}'], "both say what churn.meanMs is"],
    [["sim", "run", "--nodes", "1"], "from 2"],
    [["sim", "run", "--level", "deep"], "overlay, node"],
    [["sim", "run", "--nodes", "5", "--churn", "1s"], "at least 10 s"],
    [["sim", "run", "--duration", "0"], "at least 1ms"],
    [["sim", "shrink", "abc"], 'neither a seed nor a file that is there: "abc"'],
    [["sim", "shrink", "99999999999999999999"], "no seed is as large"],
    [["sim", "fuzz", "mine.json", "--seeds", "5"], "--seeds is for random worlds"],
    [["sim", "fuzz", "--from", "9007199254740991", "--seeds", "3"], "no seed above"],
    [["sim", "compare", "baseline", "nope"], 'there is no scenario "nope"'],
    [["start", "--capability", "x", "--attribute", "Foo=1"], "[a-z][a-z0-9_.-]*"],
    [["start", "--attribute", "lang=go"], "add --capability"],
    [["start", "--capability", "x", "--capability", "x=again"], "--capability x is given twice"],
    [["start", "--capability", "x", "--attribute", "a=1", "--attribute", "a=2"], "--attribute a is given twice"],
    [["start", "--name", ""], "can be read"],
    [["start", "--exec", "cat", "--handler", "x.mjs"], "only one"],
    [["start", "--capability", "Not A Name"], "not-a-name"],
  ])("%j ends with 2 and says what would do: %s", async (args, expected) => {
    const { code, out, err } = await synapse(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(expected);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test.each([
    ["usage", ["--limit", "none"]],
    ["bad_address", ["--bootstrap", "127.0.0.1"]],
  ])("is one JSON object on stdout with --json: %s", async (expected, args) => {
    const { code, out } = await synapse("find", "x", ...args, "--json");
    expect(code).toBe(2);
    expect(JSON.parse(out).error.code).toBe(expected);
  });
});

test("A query of nothing shows no place where it would be wrong", async () => {
  const { err } = await synapse("find", "", "--bootstrap", "127.0.0.1:1");
  expect(err).toBe("error: the query is empty (bad_query)\n       name a capability, such as code-review\n");
});

test("More capabilities than an agent offers are refused, with what to do instead", async () => {
  const capabilities = Array.from({ length: 65 }, (_, n) => ["--capability", `c${n}`]).flat();
  const { code, err } = await synapse("start", ...capabilities);
  expect(code).toBe(2);
  expect(err).toContain("tell by attributes what differs");
});

test("Ctrl-C ends a simulation with 130", async () => {
  // Not a terminal, so it says nothing until the signal comes; the demonstration's first line shows that it runs.
  const { code, out } = await synapseUntilItSpeaks("SIGINT", "demo", "--json", "--nodes", "100000");
  expect(code).toBe(130);
  expect(JSON.parse(out.trim().split("\n").at(-1) ?? "")).toMatchObject({ error: { code: "aborted" } });
});
