import { describe, expect, test } from "vitest";
import { input } from "../../src/index.ts";
import { CHUNK_BYTES } from "../../src/rpc/outbox.ts";
import { deferred } from "../support/net/lifetime.ts";
import { fromPython, read, title, toPython } from "./pairs.ts";
import { isLeftOut } from "./python-peer.ts";

const KIB = 1024;
const CUTS = { features: ["stream", "input", "chunk"] };
/** Around the length from which messages are cut, and several pieces. */
const LENGTHS = [CHUNK_BYTES - 100, CHUNK_BYTES, CHUNK_BYTES + 1, 300 * KIB, 3 * KIB * KIB];

const bytes = (length: number) => Uint8Array.from({ length }, (_, n) => (n * 31) % 251);

/** So that a failure prints no megabytes. */
const shortened = (text: unknown) => (String(text).length > 10 ? `${String(text).length} characters` : text);

/** How often a list goes over from one value to another. */
function changes(list: readonly unknown[]): number {
  return list.filter((value, index) => index > 0 && value !== list[index - 1]).length;
}

describe.skipIf(isLeftOut)(`messages in pieces${title}`, () => {
  test("come from Python in turns, and short calls between them are answered first", async () => {
    const { python } = await fromPython("secure", (it) => it.endpoint("length", (value: Uint8Array) => value.length));
    const [first, second] = [1_000 * KIB, 700 * KIB];
    const pieces = Math.ceil((first + 100) / CHUNK_BYTES) + Math.ceil((second + 100) / CHUNK_BYTES);
    const answer = await python.order("pieces", { endpoint: "length", args: `[${first}, ${second}]` });
    // A short call after each piece but the last of either message.
    expect(answer).toBe(`[[${first}, ${second}], ${pieces - 2}, {'pong'}]`);
  });

  test("go to Python in turns, and a short call passes them", async () => {
    const { client } = await toPython("secure", CUTS);
    await client.call("echo", 0);
    const long = [1, 2].map((n) => client.call("length", new Uint8Array(n * KIB * KIB)));
    expect(await client.call("echo", "short")).toBe("short");
    expect(await Promise.all(long)).toEqual([KIB * KIB, 2 * KIB * KIB]);
    const heard = (await client.call("heard")) as string[];
    const [, short] = heard.flatMap((kind, index) => (kind === "request" ? [index] : []));
    // "echo" twice in one piece; the long ones, once whole, count as requests behind their last chunk.
    expect(heard.slice(short).filter((kind) => kind === "chunk").length).toBeGreaterThan(20);
    expect(changes((await client.call("chunks")) as number[])).toBeGreaterThan(10);
  });

  test("are put together as they were, both ways", async () => {
    const { client } = await toPython("secure", CUTS);
    const values = LENGTHS.map(bytes);
    const answers = await Promise.all(values.map((value) => client.call("echo", value)));
    for (const [index, value] of values.entries()) expect(Buffer.compare(answers[index] as Uint8Array, value)).toBe(0);
  });

  test("keep their place in a stream of short items, both ways", async () => {
    const { client } = await toPython("secure", CUTS);
    // Long enough that the link has no room for all of it: what is short could pass.
    const items = Array.from({ length: 9 }, (_, n) => (n % 3 === 0 ? "x".repeat(1_500 * KIB) : String(n)));
    const doubled = await read(client.stream("double", input(items)));
    expect(doubled.map(shortened)).toEqual(items.map((item) => shortened(item + item)));
    expect((await client.call("heard")) as string[]).toContain("chunk");
  });

  test("are sent to nobody who does not name the feature", async () => {
    const { client } = await toPython("secure");
    expect(await client.call("length", new Uint8Array(KIB * KIB))).toBe(KIB * KIB);
    expect((await client.call("heard")) as string[]).not.toContain("chunk");
  });

  test("answer Python's long calls, and a short answer passes them", async () => {
    const asked = deferred();
    const large = async (length: number) => {
      await asked.promise;
      return "x".repeat(length);
    };
    const short = async () => {
      asked.resolve();
      // The long answers begin to leave, but nothing can have been read yet.
      for (let n = 0; n < 50; n++) await Promise.resolve();
      return "short";
    };
    const { python } = await fromPython("secure", (it) => it.endpoint("large", large).endpoint("short", short), CUTS);
    const long = [1, 2].map((n) => python.call("large", `[${n * KIB * KIB}]`));
    expect(await python.call("short")).toBe("'short'");
    expect((await Promise.all(long)).map(({ length }) => length)).toEqual([KIB * KIB + 2, 2 * KIB * KIB + 2]);
    const heard = await python.order("heard");
    const at = heard.indexOf("'response'");
    expect(heard.slice(0, at)).toContain("'chunk'");
    expect(heard.slice(at).split("'chunk'").length).toBeGreaterThan(20);
  });
});
