import { describe, expect, test } from "vitest";
import { type JoinReport, MAX_IN_SNAPSHOT, readSnapshot, type Snapshot } from "../../dht/index.ts";
import { commonPrefixLength, nodeIdFromHex, type SynapseError } from "../../routing/index.ts";
import { at, keysOf } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE, SWARM } from "../support/records.ts";

const read = (data: unknown) => readSnapshot(JSON.parse(JSON.stringify(data)), SWARM);

function grown(size: number): MemoryNetwork {
  const network = new MemoryNetwork(size);
  network.grow(size, { upkeep: true });
  network.clock.advance(HOUR);
  return network;
}

function failureOf(run: () => unknown): SynapseError {
  try {
    run();
  } catch (error) {
    return error as SynapseError;
  }
  throw new Error("nothing was thrown");
}

describe("A snapshot", () => {
  test("comes back from JSON as contacts of the table, at most 64, of every bucket", () => {
    const network = grown(120);
    const { overlay } = at(network.members, 3);
    const { contacts, records } = read(overlay.snapshot());
    expect(records).toEqual([]);
    expect(contacts).toHaveLength(MAX_IN_SNAPSHOT);
    const { table } = overlay.membership;
    for (const contact of contacts) expect(table.known(contact)).toEqual(contact);
    const buckets = new Set(contacts.map(({ id }) => commonPrefixLength(id, table.self)));
    for (let index = 0; index < table.depth; index++) expect(buckets.has(index)).toBe((table.bucket(index)?.size ?? 0) > 0);
  });

  test("has the contacts that have been there longest, and none that has just missed a request", () => {
    const network = grown(60);
    const { overlay } = at(network.members, 3);
    const late = Array.from({ length: 40 }, (_, n) => network.add(500 + n));
    for (const { contact } of late) overlay.membership.addVerified(contact);
    const [silent] = overlay.membership.table.closest(overlay.self.id, 1);
    if (silent !== undefined) overlay.membership.markMissed(silent);
    const kept = overlay.snapshot().contacts.map(({ id }) => id);
    expect(kept).not.toContain(silent?.key);
    const far = (members: readonly Member[]) =>
      members.filter(({ contact }) => commonPrefixLength(contact.id, overlay.self.id) === 0 && overlay.membership.table.has(contact));
    const oldHands = far(network.members.slice(0, 60)).filter(({ contact }) => kept.includes(contact.key)).length;
    expect(oldHands).toBeGreaterThanOrEqual(far(late).filter(({ contact }) => kept.includes(contact.key)).length);
  });

  const contact = { id: "ab".repeat(32), addresses: ["tcp://9.8.7.6:1"] };
  const good: Snapshot = { version: 1, swarm: SWARM, contacts: [contact] };

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "contacts"],
    ["another version", { ...good, version: 2 }],
    ["another swarm", { ...good, swarm: "elsewhere" }],
    ["no list", { ...good, contacts: {} }],
    ["too many contacts", { ...good, contacts: Array.from({ length: MAX_IN_SNAPSHOT + 1 }, () => contact) }],
    ["a contact that is none", { ...good, contacts: [7] }],
    ["no id", { ...good, contacts: [{ addresses: contact.addresses }] }],
    ["half an id", { ...good, contacts: [{ ...contact, id: "ab" }] }],
    ["no addresses", { ...good, contacts: [{ ...contact, addresses: [] }] }],
    ["too many addresses", { ...good, contacts: [{ ...contact, addresses: ["a", "b", "c", "d", "e"] }] }],
    ["an address that is no text", { ...good, contacts: [{ ...contact, addresses: [1] }] }],
    ["records that are no list", { ...good, records: {} }],
    ["a record that is none", { ...good, records: [7] }],
    ["a record without holders", { ...good, records: [{ record: "AA==" }] }],
    ["fewer than no holders", { ...good, records: [{ record: "AA==", holders: -1 }] }],
    ["an address without end", { ...good, contacts: [{ ...contact, addresses: ["a".repeat(129)] }] }],
  ])("is not read where it is %s", (_, data) => {
    expect(failureOf(() => readSnapshot(data, SWARM))).toMatchObject({ code: "bad_snapshot" });
    const records = [{ record: "AA==", holders: 20 }];
    expect(read({ ...good, records })).toMatchObject({
      contacts: [{ id: nodeIdFromHex(contact.id), addresses: contact.addresses }],
      records: [{ bytes: Buffer.alloc(1), holders: 20 }],
    });
    expect(read(good).records).toEqual([]);
  });
});

describe("A node that comes back with a snapshot", () => {
  /** Another life of a member, at another address and under another id: nobody knows it. */
  function returns(network: MemoryNetwork, snapshot: Snapshot, bootstrap: readonly string[]) {
    const member = network.add(900);
    const reports: JoinReport[] = [];
    const failures: SynapseError[] = [];
    member.overlay.join(
      bootstrap,
      (report) => reports.push(report),
      (error) => failures.push(error),
      { known: read(snapshot).contacts },
    );
    return { member, reports, failures };
  }

  test("finds its way in when all bootstrap nodes are gone, and though most of whom it knew are gone as well", () => {
    const network = grown(60);
    const snapshot = at(network.members, 9).overlay.snapshot();
    const known = new Set(snapshot.contacts.map(({ id }) => id));
    for (const member of network.members.slice(0, 50)) if (known.has(member.contact.key)) network.kill(member);
    const { member, reports } = returns(network, snapshot, ["mem://1", "mem://2"]);
    network.clock.advance(3 * MINUTE);
    expect(reports).toHaveLength(1);
    const living = new Set(keysOf(network.alive.map((each) => each.contact)));
    expect([...member.overlay.membership.table.contacts()].filter(({ key }) => living.has(key)).length).toBeGreaterThanOrEqual(9);
  });

  test("needs no bootstrap address at all, and asks eight of those it knew at once", () => {
    const network = grown(60);
    let dialledBack = 0;
    network.onVerified = () => {
      dialledBack += 1;
    };
    const { reports, failures } = returns(network, at(network.members, 9).overlay.snapshot(), []);
    expect(dialledBack).toBe(8);
    network.clock.advance(MINUTE);
    expect([reports.length, failures.length]).toEqual([1, 0]);
    expect(at(reports, 0).bootstraps).toBe(8);
  });

  test("tries all of them in turn, and says that it has failed when nobody is left", () => {
    const network = grown(60);
    const snapshot = at(network.members, 9).overlay.snapshot();
    for (const member of network.members) network.kill(member);
    const tried = new Set<string>();
    network.onVerified = ({ key }) => tried.add(key);
    const { reports, failures } = returns(network, snapshot, []);
    network.clock.advance(10 * MINUTE);
    expect([reports.length, failures.length]).toEqual([0, 1]);
    expect(tried.size).toBe(snapshot.contacts.length);
  });
});
