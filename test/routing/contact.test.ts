import { expect, test } from "vitest";
import { MAX_ADDRESSES, makeContact, messageOf, SynapseError, sameAddresses, toHex } from "../../routing/index.ts";

const id = new Uint8Array(32).fill(7);

test("A contact keeps the first four addresses and no more", () => {
  const addresses = ["a", "b", "c", "d", "e", "f"].map((host) => `tcp://${host}:1`);
  expect(makeContact(id, addresses).addresses).toEqual(addresses.slice(0, MAX_ADDRESSES));
  expect(MAX_ADDRESSES).toBe(4);
});

test("A contact is filed under its id in hex", () => {
  expect(makeContact(id, []).key).toBe(toHex(id));
});

test("A contact does not change when the list it was made from does", () => {
  const addresses = ["tcp://a:1"];
  const contact = makeContact(id, addresses);
  addresses.push("tcp://b:1");
  expect(contact.addresses).toEqual(["tcp://a:1"]);
});

test("Addresses are the same only in the same order and number", () => {
  const [one, two, turned] = [makeContact(id, ["a"]), makeContact(id, ["a", "b"]), makeContact(id, ["b", "a"])];
  expect(sameAddresses(one, makeContact(id, ["a"]))).toBe(true);
  expect(sameAddresses(one, two)).toBe(false);
  expect(sameAddresses(two, one)).toBe(false);
  expect(sameAddresses(two, turned)).toBe(false);
});

test("An error says its code, and whether trying again may help", () => {
  const cause = new Error("socket");
  const error = new SynapseError("unreachable", "nobody there", { hint: "start one", retryable: true, cause });
  expect(error).toMatchObject({ name: "SynapseError", code: "unreachable", hint: "start one", retryable: true, remote: false, cause });
  expect(new SynapseError("x", "y")).toMatchObject({ hint: undefined, retryable: false, peer: undefined });
});

test("The message of whatever was thrown is one line for people", () => {
  expect(messageOf(new Error("broken"))).toBe("broken");
  expect(messageOf("text")).toBe("text");
  expect(messageOf(undefined)).toBe("undefined");
});
