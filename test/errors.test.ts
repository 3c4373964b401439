import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../src/cli/exit-codes.ts";
import { SynapseError } from "../src/errors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ROOMS = ["routing", "dht", "src", "simulations"];
const sources = ROOMS.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, room, name), "utf8")),
);

/** Codes as they are raised: as the first argument of an error, and as the field of an answer on the wire. */
const RAISED = [/new SynapseError\(\s*"([a-z_]+)"/g, /\{ code: "([a-z_]+)"/g];

function all(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, found]) => found ?? "");
}

function unique(codes: readonly string[]): string[] {
  return [...new Set(codes)].sort();
}

const raised = unique(sources.flatMap((source) => RAISED.flatMap((pattern) => all(source, pattern))));
const union = /type ErrorCode =([^;]+);/.exec(readFileSync(join(root, "src", "errors.ts"), "utf8"))?.[1] ?? "";
const rows = readFileSync(join(root, "docs", "errors.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, code = "", means = "", advice = "", exit = ""]) => ({ code: code.replaceAll("`", ""), means, advice, exit }));

describe("Error codes", () => {
  test("that the code raises are those of ErrorCode, and those of docs/errors.md, in order", () => {
    expect(raised.length).toBeGreaterThan(20);
    expect(all(union, /"([a-z_]+)"/g)).toEqual(raised);
    expect(rows.map(({ code }) => code)).toEqual(raised);
  });

  test("are all given a literal: none is made up where it is raised", () => {
    const variable = sources.flatMap((source) => all(source, /new SynapseError\(\s*([^"\s][^,]*),/g));
    expect(variable).toEqual(["code", "code"]); // what the other side answered with, and what a process of `sim verify` said
  });

  test.each(rows)("$code is explained, and ends a command with $exit", ({ code, means, advice, exit }) => {
    expect([means, advice]).not.toContain("");
    const ends = [false, true].map((remote) => exitCodeOf(new SynapseError(code, "", { remote })));
    const documented = all(exit, /(\d+)/g).map(Number);
    expect(ends).toEqual(expect.arrayContaining(documented));
    if (ends[0] !== 1) expect(documented).toContain(ends[0]);
  });
});
