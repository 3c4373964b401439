import { decode, encode } from "@msgpack/msgpack";
import { frame } from "../../src/transport/framing.ts";
import { Random } from "../support/random.ts";
import { SWARM } from "../support/records.ts";
import { HELLO, plainCorpus, secureCorpus, strangeMessages } from "./corpus.ts";
import { mutated } from "./mutate.ts";
import { type FuzzLink, Target } from "./target.ts";

/** Messages on one link at most: then it is closed, and everything that hung on it must be gone. */
const PER_LINK = 40;
const BATCH = 2_000;

export interface FuzzReport {
  readonly cases: number;
  readonly links: number;
  readonly heapBytes: number;
}

/**
 * Feeds an agent with changed and strange messages. Throws when it no longer serves, keeps something of links that are gone, or has thrown
 * where nobody could catch it: the message names the seed that shows it again.
 */
export async function fuzz(seed: number, cases: number, onProgress: (done: number) => void = () => undefined): Promise<FuzzReport> {
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => faults.push(fault);
  process.on("unhandledRejection", onFault);
  try {
    const target = await new Target(SWARM).start();
    let links = 0;
    for (let done = 0; done < cases; done += BATCH) {
      links += await batch(target, new Random(seed + done), Math.min(BATCH, cases - done));
      await checkServes(target, `seed ${seed}, after ${done + BATCH} cases`, faults);
      onProgress(done + BATCH);
    }
    await settle(target, target.stop());
    return { cases, links, heapBytes: process.memoryUsage().heapUsed };
  } finally {
    process.off("unhandledRejection", onFault);
  }
}

async function batch(target: Target, random: Random, cases: number): Promise<number> {
  const [plain, secure] = [plainCorpus(), secureCorpus(target.clock.wallClock())];
  const strange = strangeMessages(random.int(2 ** 31), 200);
  let links = 0;
  for (let done = 0; done < cases; links++) {
    const isSecure = random.int(4) > 0;
    const link = isSecure ? target.link("secure", random.bytes(32)) : target.link("plain");
    if (isSecure && random.int(10) > 0) link.feed(frame(encode(HELLO)));
    for (let n = 1 + random.int(PER_LINK); n > 0 && link.isOpen; n--, done++)
      link.feed(isSecure ? secureCase(random, secure, strange) : mutated(random.pick(plain), plain, random));
    if (random.int(3) === 0) await turn();
    if (random.int(3) === 0) target.clock.advance(random.int(200));
    link.close();
  }
  return links;
}

function secureCase(random: Random, corpus: readonly Uint8Array[], strange: readonly Uint8Array[]): Uint8Array {
  const kind = random.int(10);
  if (kind < 2) return frame(random.pick(strange));
  if (kind < 4) return frame(random.pick(corpus)); // as it should be, so that the others meet calls under way
  const changed = mutated(random.pick(corpus), corpus, random);
  return kind === 4 ? mutated(frame(changed), corpus, random) : frame(changed);
}

async function checkServes(target: Target, where: string, faults: readonly unknown[]): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
  target.clock.advance(1_000);
  await turn();
  const link = target.link("plain");
  link.feed(frame(encode({ type: "request", id: "p", endpoint: "_synapse.ping", args: [], kwargs: {} })));
  const isServing = answersOf(link).some((answer) => answer["id"] === "p" && answer["result"] === "pong");
  link.close();
  await turn();
  const { accepted, store, table } = target.figures;
  if (!isServing) throw new Error(`${where}: it does not answer a ping any more`);
  if (accepted !== 0) throw new Error(`${where}: ${accepted} links are kept that are closed`);
  if (table !== 0 || store > 1_000) throw new Error(`${where}: ${table} contacts and ${store} records have come in`);
  if (faults.length > 0) throw new Error(`${where}: thrown where nobody could catch it: ${String(faults[0])}`, { cause: faults[0] });
}

function answersOf(link: FuzzLink): Record<string, unknown>[] {
  return link.answers.map((answer) => decode(answer) as Record<string, unknown>);
}

/** Lets virtual time pass until something has settled. */
async function settle(target: Target, work: Promise<unknown>): Promise<void> {
  let settled = false;
  void work.finally(() => {
    settled = true;
  });
  while (!settled) {
    await turn();
    target.clock.advance(100);
  }
  await work;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
