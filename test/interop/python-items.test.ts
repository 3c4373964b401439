import { describe, expect, test } from "vitest";
import { input } from "../../src/index.ts";
import { fromPython, read, title, toPython } from "./pairs.ts";
import { isLeftOut } from "./python-peer.ts";

const GATHERS = { features: ["stream", "input", "items"] };
const NUMBERS = Array.from({ length: 500 }, (_, n) => n);

const of = (kind: string, heard: unknown) => (heard as string[]).filter((each) => each === kind).length;

describe.skipIf(isLeftOut)(`several items in one message${title}`, () => {
  test("go to Python and come back, in order", async () => {
    const { client } = await toPython("secure", GATHERS);
    await client.call("echo", 0); // its hello has come, then: what it understands is known
    expect(await read(client.stream("double", input(NUMBERS)))).toEqual(NUMBERS.map((n) => 2 * n));
    const heard = await client.call("heard");
    expect(of("item", heard)).toBe(0);
    expect(of("items", heard)).toBeGreaterThan(0);
  });

  test("are read by Python as they were written", async () => {
    const { python } = await fromPython(
      "secure",
      (it) =>
        it.endpoint("count", function* (until: number) {
          for (let n = 0; n < until; n++) yield n;
        }),
      GATHERS,
    );
    await python.order("open", { stream: "s", endpoint: "count", args: "[300]" });
    expect(await python.order("read", { stream: "s" })).toBe(`[${NUMBERS.slice(0, 300).join(", ")}]`);
  });

  test("go one by one to whoever does not name the feature", async () => {
    const { client } = await toPython("secure", { features: ["stream", "input"] });
    await client.call("echo", 0);
    expect(await read(client.stream("double", input(NUMBERS)))).toHaveLength(NUMBERS.length);
    const heard = await client.call("heard");
    expect(of("items", heard)).toBe(0);
    expect(of("item", heard)).toBe(NUMBERS.length);
  });
});
