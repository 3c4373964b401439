import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FindRecordsResponse, type Match, signRecord } from "../../dht/index.ts";
import { type Contact, makeContact } from "../../routing/index.ts";
import { isInside, isOutside, outsideOf, outsideOnly } from "../../src/hearsay.ts";
import { callOptions, Identity } from "../../src/index.ts";
import type { RpcCore } from "../../src/rpc/core.ts";
import { NameResolver } from "../../src/transport/name-resolver.ts";
import type { Link } from "../../src/transport/transport.ts";
import { check } from "../support/check.ts";
import { failureOf, type GlassAgent, startAgent, turn } from "../support/net/lifetime.ts";
import { claimOf } from "../support/records.ts";

const OUTSIDE = "203.0.113.9";
/** Where nobody should be made to knock. */
const DOOR = "tcp://127.0.0.1:1";

function coreOf(agent: GlassAgent): RpcCore {
  return (agent as unknown as { core: RpcCore }).core;
}

/** Writes down whom an agent dials. To it all others are at `host`, where one is given; names lead to this machine. */
function observed(agent: GlassAgent, dialled: string[], host?: string): void {
  const { transport } = coreOf(agent);
  const { dial, prove, listen } = transport;
  const there = (link: Link) => (host === undefined ? link : Object.defineProperty(link, "remoteHost", { value: host }));
  const names = new NameResolver((_, __, done) => {
    dialled.push("looked up");
    done(null, [{ address: "127.0.0.1", family: 4 }]);
  });
  Object.assign(transport, {
    names,
    dial: async (...args: Parameters<typeof dial>) => {
      dialled.push(args[0]);
      return there(await dial.apply(transport, args));
    },
    prove: (...args: Parameters<NonNullable<typeof prove>>) => {
      dialled.push(args[0]);
      return prove?.apply(transport, args);
    },
    listen: (options: Parameters<typeof listen>[0], onLink: (link: Link) => void) =>
      listen.call(transport, options, (link) => onLink(there(link))),
  });
}

/** Has an agent name one contact to everybody who asks. */
function lie({ insides: { overlay } }: GlassAgent, contact: Contact): void {
  const handle = overlay.handle.bind(overlay);
  overlay.handle = (caller, request) => {
    const answer = handle(caller, request);
    return answer.kind === "find_node" ? { ...answer, contacts: [contact] } : answer;
  };
}

describe.each([
  { where: "on the internet", host: OUTSIDE, isDialled: false },
  { where: "in the private network", host: "10.1.2.3", isDialled: true },
  { where: "on this machine", host: undefined, isDialled: true },
])("One who is $where", ({ host, isDialled }) => {
  test("and names a contact on this machine has it dialled: $isDialled", async () => {
    const liar = await startAgent({ name: "liar" });
    const contact = makeContact(Identity.generate().nodeId, [DOOR]);
    lie(liar, contact);
    const dialled: string[] = [];
    const victim = await startAgent({ name: "v", bootstrap: liar.addresses }, (agent) => observed(agent, dialled, host));
    await victim.lookup(contact.id);
    expect(dialled.includes(DOOR)).toBe(isDialled);
    expect(dialled).toContain(liar.addresses[0]); // which the user has given
  });

  test("and says hello from an address on this machine has it dialled", async () => {
    const dialled: string[] = [];
    const victim = await startAgent({ name: "v" }, (agent) => observed(agent, dialled, host));
    const liar = await startAgent({ name: "liar", announce: [DOOR] });
    await liar.call(victim.addresses[0] as string, "_synapse.find_node", liar.id);
    for (let n = 0; n < 50; n++) await turn();
    expect(dialled.includes(DOOR)).toBe(isDialled);
  });

  test("and names a name that leads to this machine has it dialled", async () => {
    const liar = await startAgent({ name: "liar" });
    const door = "tcp://door.example:1";
    const contact = makeContact(Identity.generate().nodeId, [door]);
    lie(liar, contact);
    const dialled: string[] = [];
    const victim = await startAgent({ name: "v", bootstrap: liar.addresses }, (agent) => observed(agent, dialled, host));
    await victim.lookup(contact.id);
    expect(dialled).toEqual(expect.arrayContaining([door, "looked up"]));
    const { message } = await failureOf(victim.insides.core.pool.connect(contact, { timeoutMs: 5_000 }));
    expect(message).toContain(isDialled ? "nobody listens there" : "leads into a private network");
  });
});

/** A record that a stranger has signed, as a holder gave it. */
function matchAt(address: string, from: Match["from"]): Match {
  const record = signRecord(claimOf({ addresses: [address] }), Identity.generate());
  return { record, also: [], from, hop: 1, ms: 1 };
}

describe("A node with a public address", () => {
  const [outsider, neighbour] = [OUTSIDE, "10.1.2.3"].map((host) => makeContact(Identity.generate().nodeId, [`tcp://${host}:9`]));

  test.each([
    ["out on the internet", outsider, false],
    ["in its own store", undefined, false],
    ["in its private network", neighbour, true],
  ])("calls the agent of a record that names this machine, and was %s", async (_, from, isDialled) => {
    const dialled: string[] = [];
    const node = await startAgent({ name: "v", announce: [`${OUTSIDE}:9`] }, (agent) => observed(agent, dialled));
    const error = await failureOf(node.call(matchAt(DOOR, from), "_synapse.ping", callOptions({ timeoutMs: 5_000 })));
    expect(error).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining(isDialled ? "nobody listens" : "names no address"),
    });
    expect(dialled.includes(DOOR)).toBe(isDialled);
  });
});

test("One that is reached at a public address, and knows itself by a private one alone, is known by that which was dialled", async () => {
  const root = await startAgent({ name: "root", announce: [DOOR] });
  const address = `tcp://127.0.0.1:${root.port}`;
  const dialled: string[] = [];
  const node = await startAgent({ name: "n", bootstrap: [address] }, (agent) => observed(agent, dialled, OUTSIDE));
  expect(node.peers.map(({ addresses }) => addresses)).toEqual([[address]]);
  expect(dialled).not.toContain(DOOR);
});

describe("Where an address is", () => {
  const PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[fd00::1]",
    "[fe80::1%eth0]",
    "localhost",
  ];
  const PUBLIC = ["198.51.100.7", "172.32.0.1", "[2001:db8::1]", "host.example"];
  const addresses = fc.array(
    fc.constantFrom(...PRIVATE, ...PUBLIC).map((host) => `tcp://${host}:9`),
    { minLength: 1, maxLength: 4 },
  );
  const contacts = fc.array(
    fc.tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), addresses).map(([id, list]) => makeContact(id, list)),
    {
      minLength: 1,
      maxLength: 20,
    },
  );

  test.each(PRIVATE)("%s is inside", (host) => expect(isInside(`tcp://${host}:9`)).toBe(true));
  test.each(PUBLIC)("%s is not", (host) => expect(isInside(`tcp://${host}:9`)).toBe(false));

  test.each([
    [{ remoteAddress: "tcp://198.51.100.7:9" }, true],
    [{ remoteAddress: "tcp://[::ffff:c633:6407]:9" }, true],
    [{ remoteAddress: "tcp://[::ffff:a00:1]:9" }, false],
    [{ remoteAddress: "tcp://node1:9" }, false],
    [{ remoteAddress: "tcp://node1:9", remoteHost: "172.18.0.3" }, false],
    [{ remoteAddress: "tcp://node1:9", remoteHost: "198.51.100.7" }, true],
    [{ remoteAddress: "sim://7" }, false],
  ])("a link to %o is to somebody outside: %s", (link, expected) => expect(isOutside(link)).toBe(expected));

  test("of what an outsider answers all that is outside is kept, in its order, and nothing else", () => {
    check([contacts, contacts, contacts], (own, others, [from]) => {
      const answer: FindRecordsResponse = { kind: "find_records", records: [], more: undefined, split: 0, contacts: own };
      const relayed = { from: from as (typeof own)[0], records: [], contacts: others };
      const heard = outsideOnly({ ...answer, relayed }) as FindRecordsResponse;
      const expected = (list: typeof own) =>
        list.map(({ id, addresses: all }) => [id, all.filter((address) => !isInside(address))]).filter(([, all]) => all?.length);
      const got = (list: FindRecordsResponse["contacts"]) => list.map(({ id, addresses: all }) => [id, all]);
      expect(got(heard.contacts)).toEqual(expected(own));
      const hasFrom = outsideOf(relayed.from.addresses).length > 0;
      expect(heard.relayed === undefined).toBe(!hasFrom);
      if (heard.relayed !== undefined) expect(got(heard.relayed.contacts)).toEqual(expected(others));
    });
  });
});
