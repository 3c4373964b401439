import { type Client, callOptions, input, SynapseError } from "../../src/index.ts";
import type { Random } from "../support/random.ts";

/** One thing that a client does. Throws when an answer is lost or wrong. */
export type Behaviour = (client: Client, self: { readonly number: number; calls: number }, random: Random) => Promise<void>;

async function once(client: Client, self: { readonly number: number; calls: number }): Promise<void> {
  self.calls += 1;
  const sent = self.calls;
  const [who, number] = (await client.call("once", self.number, sent)) as [number, number];
  if (who !== self.number || number !== sent) throw new Error(`the answer to ${self.number}/${sent} was ${who}/${number}`);
}

export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  once,
  together: async (client, self) => {
    const calls = Array.from({ length: 20 }, () => once(client, self));
    await Promise.all(calls);
  },
  stream: async (client, _, random) => {
    const length = random.int(2_000);
    let next = 0;
    for await (const item of client.stream("count", length))
      if (item !== next++) throw new Error(`item ${String(item)} came in place of ${next - 1}`);
    if (next !== length) throw new Error(`${next} of ${length} items came`);
  },
  leaveStream: async (client, _, random) => {
    const enough = random.int(300);
    for await (const item of client.stream("count", 1e9)) if (Number(item) >= enough) break;
  },
  stall: async (client, _, random) => {
    const stream = client.stream("count", 1e9);
    for (let n = 0; n < 10; n++) await stream.next();
    await new Promise((resolve) => setTimeout(resolve, random.int(500)));
    await stream.return?.();
  },
  upload: async (client, _, random) => {
    const length = random.int(500);
    const sum = await client.call("sum", input(Array.from({ length }, (_item, n) => n)));
    if (sum !== (length * (length - 1)) / 2) throw new Error(`the sum of ${length} numbers was ${String(sum)}`);
  },
  block: async (client, _, random) => {
    const bytes = random.int(400_000);
    const block = (await client.call("block", bytes)) as Uint8Array;
    if (block.length !== bytes) throw new Error(`${block.length} of ${bytes} bytes came`);
  },
  cancel: async (client, _, random) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), random.int(50));
    await expectCode("aborted", client.call("never", callOptions({ signal: abort.signal })));
  },
  timeOut: (client, _, random) => expectCode("timed_out", client.call("never", callOptions({ timeoutMs: 20 + random.int(50) }))),
};

async function expectCode(code: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SynapseError && error.code === code) return;
    throw error;
  }
  throw new Error(`it did not end with ${code}`);
}
