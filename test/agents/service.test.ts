import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { AgentNode, callOptions, type RemoteAnswer } from "../../src/index.ts";
import { failureOf, startAgent } from "../support/net/lifetime.ts";

test("What another node offers are typed functions, whatever it is called by", async () => {
  const translator = new AgentNode({ name: "translator", capabilities: ["translation"] })
    .endpoint("translate", { description: "d" }, (text: string) => text.toUpperCase())
    .endpoint("words", function* (text: string) {
      yield* text.split(" ");
    });
  onTestFinished(() => translator.stop());
  await translator.start();
  const [address = ""] = translator.addresses;
  const caller = await startAgent({ name: "caller", bootstrap: [address] });
  const { matches } = await caller.find("translation");
  expect(matches).toHaveLength(1);
  for (const target of [...matches, translator.contact, address]) {
    const { translate, words } = caller.service<typeof translator>(target);
    expectTypeOf(translate("hello")).toEqualTypeOf<RemoteAnswer<string>>();
    expect(await translate("hello", callOptions({ timeoutMs: 5_000 }))).toBe("HELLO");
    const all: string[] = [];
    for await (const word of words("one two")) all.push(word);
    expect(all).toEqual(["one", "two"]);
  }
  const nobody = caller.service<typeof translator>("127.0.0.1:1");
  expect((await failureOf(nobody.translate("x"))).code).toBe("unreachable");
});
