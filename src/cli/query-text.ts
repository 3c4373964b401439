import { compileQuery, isCapabilityName } from "../../dht/index.ts";
import { SynapseError } from "../errors.ts";

/**
 * Before a network is joined, which takes a while and may fail: what cannot be read would be refused there all the same.
 * @throws SynapseError `bad_query`.
 */
export function checkQuery(text: string): void {
  if (text.trim() !== "") return void compileQuery(text);
  throw new SynapseError("bad_query", "the query is empty", { hint: "name a capability, such as code-review" }); // there is no place to show
}

/** `code review` → `code-review`: the name that somebody may have meant who wrote nothing but words. */
export function asOneName(query: string): string | undefined {
  const words = query.trim().split(/\s+/);
  const name = words.join("-");
  return words.length > 1 && words.every((word) => !word.includes("/")) && isCapabilityName(name) ? name : undefined;
}
