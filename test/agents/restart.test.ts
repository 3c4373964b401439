import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { signRecord } from "../../dht/index.ts";
import { ContactKeeper } from "../../src/contact-keeper.ts";
import { Identity, Node } from "../../src/index.ts";
import { publish } from "../support/asking.ts";
import { at } from "../support/ids.ts";
import { MemoryNetwork } from "../support/memory-network.ts";
import { failureOf, startAgent, until } from "../support/net/lifetime.ts";
import { claimOf, HOUR, offerOf } from "../support/records.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "synapse-state-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function started(options: ConstructorParameters<typeof Node>[0]): Promise<Node> {
  const node = new Node(options);
  onTestFinished(() => node.stop());
  await node.start();
  return node;
}

test("A node whose bootstrap nodes are all gone comes back through the contacts that it kept", async () => {
  const state = join(await folder(), "a", "contacts.json");
  const identity = Identity.generate();
  const first = await started({});
  const bootstrap = [first.addresses[0] as string];
  const other = await started({ bootstrap });
  const node = await started({ bootstrap, state, identity });
  await node.stop();
  await first.stop();
  expect(JSON.parse(await readFile(state, "utf8"))).toMatchObject({ version: 1, swarm: "default" });
  expect(await readdir(join(state, ".."))).toEqual(["contacts.json"]);
  for (const given of [bootstrap, []]) {
    const again = await started({ bootstrap: given, state, identity });
    expect(again.peers.map(({ key }) => key)).toContain(other.contact.key);
    await again.stop();
  }
});

test("The first node of a network comes back alone when nobody it knew is there, and keeps what it knew", async () => {
  const state = join(await folder(), "contacts.json");
  const first = await started({ state });
  const other = await started({ bootstrap: [first.addresses[0] as string] });
  await until(() => first.peers.length > 0);
  await first.stop();
  await other.stop();
  const before = await readFile(state, "utf8");
  const again = await started({ state });
  expect(again.peers).toEqual([]);
  await again.stop();
  expect(await readFile(state, "utf8")).toBe(before);
});

test("What a node had published is kept as well, and taken up by its next life", async () => {
  const path = join(await folder(), "state.json");
  const network = new MemoryNetwork(1);
  network.grow(30);
  const publisher = at(network.members, 3);
  publish(network, publisher, offerOf("work"));
  await new ContactKeeper(path, publisher.overlay, () => undefined).stop();
  network.kill(publisher);
  const { overlay } = network.add(4);
  expect(await new ContactKeeper(path, overlay, () => undefined).start()).not.toHaveLength(0);
  expect(overlay.published).toEqual(publisher.overlay.published);
});

test("An agent that is started again withdraws what it had published and offers no more", async () => {
  const state = join(await folder(), "state.json");
  const identity = Identity.generate();
  const first = await started({});
  const now = Date.now();
  const { bytes } = signRecord(claimOf({ swarm: "default", capability: "old-work", issued: now, expires: now + HOUR }), identity);
  const records = [{ record: Buffer.from(bytes).toString("base64"), holders: 1 }];
  await writeFile(state, JSON.stringify({ version: 1, swarm: "default", contacts: [], records }));
  const agent = await startAgent({ name: "ada", identity, state, bootstrap: [first.addresses[0] as string] }, (given) =>
    given.capability("work"),
  );
  expect(agent.insides.overlay.published.map(({ capability }) => capability)).toEqual(["work"]);
  expect((await first.find("work")).matches).toHaveLength(1);
});

test.each([
  "",
  "{}",
  '{"version":1,"swarm":"other","contacts":[]}',
  '{"version":1,"swarm":"default","contacts":[{"id":"00","addresses":["x"]}]}',
])("A node whose file holds something else says so, and does not start: %s", async (text) => {
  const state = join(await folder(), "contacts.json");
  await writeFile(state, text);
  const node = new Node({ state });
  expect(await failureOf(node.start())).toMatchObject({ code: "bad_snapshot", message: expect.stringContaining(state) });
  expect(await readFile(state, "utf8")).toBe(text);
});
