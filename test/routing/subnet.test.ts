import { describe, expect, test } from "vitest";
import {
  type Contact,
  idInBucket,
  K,
  MAX_PER_SUBNET,
  MAX_PER_SUBNET_IN_ALL,
  makeContact,
  RoutingTable,
  subnetOf,
} from "../../routing/index.ts";
import { at } from "../support/ids.ts";
import { Random } from "../support/random.ts";

const subnetsOf = (...hosts: string[]): Set<number> => new Set(hosts.map((host, index) => subnetOf(`tcp://${host}:${9_000 + index}`)));

describe("The subnet of an address", () => {
  test.each([
    ["the /24 of IPv4", ["9.8.7.1", "9.8.7.255", "[::ffff:9.8.7.3]"]],
    ["the /48 of IPv6", ["[2001:db8:7::1]", "[2001:DB8:7:ffff::2]", "[2001:0db8:0007:1:2:3:4:5]"]],
    ["a /48 that ends with zeros", ["[2001:db8::1]", "[2001:db8:0:1::2]"]],
    ["a host name, however it is written", ["a.example.org", "A.Example.ORG", "a.example.org."]],
    ["a domain, however many names there are in it", ["a.example.org", "b.example.org", "example.org", "x.y.z.example.org"]],
    ["a domain below what a country's registry sells", ["a.example.co.uk", "b.example.co.uk", "example.co.uk"]],
  ])("is %s", (_, hosts) => {
    const subnets = subnetsOf(...hosts);
    expect(subnets.size).toBe(1);
    expect(subnets.has(0)).toBe(false);
  });

  test("is another in another network, over thousands of them", () => {
    const hosts = [
      "9.8.6.1",
      "9.9.7.1",
      "8.8.7.1",
      "[2001:db8:8::1]",
      "[2001:db9:7::1]",
      "b.example.org",
      "example.net",
      "a.co.uk",
      "b.co.uk",
      "0.0.0.1",
    ];
    for (let n = 0; n < 3_000; n++) hosts.push(`11.${n % 250}.${Math.floor(n / 250)}.1`, `[2a00:${n.toString(16)}:1::1]`, `host-${n}.net`);
    expect(subnetsOf(...hosts).size).toBeGreaterThan(hosts.length - 3);
  });

  test.each([
    ...["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.3.4", "169.254.1.1", "100.64.0.1", "100.127.0.1"],
    ...["[::1]", "[fd12:3456::1]", "[fc00::1]", "[fe80::1]", "[febf::1]", "[::ffff:10.0.0.1]", "localhost", "LocalHost"],
    ...["node1", "agent-3.agents.default.svc.cluster.local", "db.internal", "nas.lan", "pi.home.arpa"],
  ])("is none for %s: such addresses cost nothing, and all are one owner's", (host) => {
    expect(subnetOf(`tcp://${host}:9999`)).toBe(0);
  });

  test.each(["172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.1", "11.0.0.1", "[2001:db8::1]", "[fec0::1]"])(
    "is one for %s, just beside a private range",
    (host) => {
      expect(subnetOf(`tcp://${host}:9999`)).toBeGreaterThan(0);
    },
  );

  test.each(["", "mem://7", "quic://9.8.7.1:1", "9.8.7.1:1", "tcp://9.8.7.1"])("is none for %j, which is no address", (text) => {
    expect(subnetOf(text)).toBe(0);
  });
});

describe("A table", () => {
  const random = new Random(1);
  const self = random.bytes(32);
  const contactAt = (bucket: number, host: string): Contact => makeContact(idInBucket(self, bucket, random.bytes(32)), [`tcp://${host}:1`]);

  test("lets two of a subnet into a bucket and ten in all, whether they have seats or wait, and any number of others", () => {
    const table = new RoutingTable(self);
    const entered = Array.from({ length: 120 }, (_, n) => table.addVerified(contactAt(n % 12, `9.8.7.${n}`), 0));
    expect(entered.filter((outcome) => outcome === "added")).toHaveLength(MAX_PER_SUBNET_IN_ALL);
    for (let index = 0; index < table.depth; index++) expect(table.bucket(index)?.size ?? 0).toBeLessThanOrEqual(MAX_PER_SUBNET);
    for (let n = 0; n < 2 * K; n++)
      expect(table.addVerified(contactAt(0, `9.9.${n}.1`), 0)).toMatch(n < K - 1 ? /added|waiting/ : "waiting");
    expect(table.addVerified(contactAt(1, "9.8.7.200"), 0)).toBe("crowded");
    const fresh = new RoutingTable(self);
    for (let n = 0; n < K; n++) fresh.addVerified(contactAt(0, `9.9.${n}.1`), 0);
    expect([1, 2, 3].map((n) => fresh.addVerified(contactAt(0, `9.8.7.${n}`), 0))).toEqual(["waiting", "waiting", "crowded"]);
    expect(fresh.hasRoomFor(contactAt(0, "9.8.7.9"))).toBe(false);
    expect(fresh.hasRoomFor(contactAt(1, "9.8.7.9"))).toBe(true);
  });

  test("has no such limits on private addresses", () => {
    const table = new RoutingTable(self);
    for (let n = 0; n < K; n++) expect(table.addVerified(contactAt(0, `10.0.0.${n}`), 0)).toBe("added");
  });

  test("goes on knowing a contact that is there, and refuses it where it would move into a subnet of which there are enough", () => {
    const table = new RoutingTable(self);
    const contacts = ["9.8.7.1", "9.8.7.2", "9.8.6.1"].map((host) => contactAt(0, host));
    for (const contact of contacts) table.addVerified(contact, 0);
    const [first, , other] = contacts as [Contact, Contact, Contact];
    expect(table.addVerified(makeContact(first.id, ["tcp://9.8.7.9:1"]), 1)).toBe("updated");
    expect(table.addVerified(makeContact(other.id, ["tcp://9.8.7.8:1"]), 1)).toBe("crowded");
    expect(at(table.known(other)?.addresses ?? [], 0)).toBe("tcp://9.8.6.1:1");
  });

  test("has room for one more once one of them has gone", () => {
    const table = new RoutingTable(self);
    const contacts = ["9.8.7.1", "9.8.7.2", "9.8.7.3"].map((host) => contactAt(0, host));
    expect(contacts.map((contact) => table.addVerified(contact, 0))).toEqual(["added", "added", "crowded"]);
    table.remove(at(contacts, 0));
    expect(table.addVerified(at(contacts, 2), 1)).toBe("added");
  });
});
