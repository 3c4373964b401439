import { describe, expect, test } from "vitest";
import { Output } from "../../src/cli/output.ts";
import { SynapseError } from "../../src/errors.ts";

/** An output whose stderr is a terminal so wide; gives what was written there. */
function terminal(columns: number | undefined) {
  const written: string[] = [];
  const stream = { isTTY: true, columns, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  return { output: new Output(false, { out: stream, err: stream }), written };
}

/** Without what moves the cursor or sets a colour. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is left out
  return text.replace(/\r|\u001b\[[0-9;]*[A-Za-z]/g, "");
}

describe("A progress line", () => {
  test.each([
    [undefined, 73],
    [200, 73],
    [60, 59],
    [40, 39],
    [20, 19],
    [1, 0],
  ])("on a terminal of %j columns takes %i", (columns, length) => {
    const { output, written } = terminal(columns);
    output.progress("measuring  10 min virtual, 3 s real", 1, 2);
    expect(visible(written.join(""))).toHaveLength(length);
  });
});

describe("An error", () => {
  test.each<[string, unknown, string]>([
    ["with a hint", new SynapseError("bad_options", "no", { hint: "yes" }), "error: no (bad_options)\n       yes\n"],
    ["that shows a place", new SynapseError("bad_query", "no:\n  a b\n    ^"), "error: no: (bad_query)\n  a b\n    ^\n"],
    ["of no code", new Error("oh"), "error: oh\n"],
  ])("%s says its code on its first line", (_, error, said) => {
    const { output, written } = terminal(80);
    output.fail(error);
    expect(visible(written.join(""))).toBe(said);
  });
});
