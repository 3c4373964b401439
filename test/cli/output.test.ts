import { describe, expect, test } from "vitest";
import { Output } from "../../src/cli/output.ts";

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
