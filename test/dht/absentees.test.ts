import { describe, expect, test } from "vitest";
import { ABSENT_FOR_MS, Absentees } from "../../dht/index.ts";
import { makeContact } from "../../routing/index.ts";
import { contactOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";

const random = new Random(1);
const stranger = () => contactOf(random.bytes(32));

describe("whoever did not answer", () => {
  test("counts as absent for a minute", () => {
    const absentees = new Absentees();
    const contact = stranger();
    absentees.note(contact, 5_000);
    expect(absentees.has(contact, 5_000)).toBe(true);
    expect(absentees.has(contact, 4_999 + ABSENT_FOR_MS)).toBe(true);
    expect(absentees.has(contact, 5_000 + ABSENT_FOR_MS)).toBe(false);
    expect(absentees.has(stranger(), 5_000)).toBe(false);
  });

  test("does not once it has answered, nor at other addresses", () => {
    const absentees = new Absentees();
    const [here, gone] = [stranger(), stranger()];
    for (const contact of [here, gone]) absentees.note(contact, 0);
    absentees.forget(here);
    expect(absentees.has(here, 1)).toBe(false);
    expect(absentees.has(makeContact(gone.id, ["tcp://192.0.2.1:1"]), 1)).toBe(false);
    expect(absentees.has(gone, 1)).toBe(true);
  });

  test("is not mistaken for another whose id begins the same", () => {
    for (let byte = 0; byte < 32; byte++) {
      const absentees = new Absentees();
      const id = random.bytes(32);
      const near = Uint8Array.from(id);
      near[byte] = (near[byte] as number) ^ 1;
      absentees.note(contactOf(id), 0);
      expect(absentees.has(makeContact(near, contactOf(id).addresses), 0)).toBe(false);
    }
  });

  test("is forgotten for those who came later, when there are more than 128", () => {
    const absentees = new Absentees();
    const all = Array.from({ length: 400 }, stranger);
    for (const [n, contact] of all.entries()) {
      absentees.note(contact, n);
      expect(all.slice(Math.max(0, n - 127), n + 1).every((other) => absentees.has(other, n))).toBe(true);
    }
    expect(all.filter((contact) => absentees.has(contact, 400))).toHaveLength(128);
  });

  test("is noted once, however often it does not answer", () => {
    const absentees = new Absentees();
    const [often, others] = [stranger(), Array.from({ length: 127 }, stranger)];
    for (const contact of others) absentees.note(contact, 0);
    for (let n = 0; n < 1_000; n++) absentees.note(often, n);
    expect(others.every((contact) => absentees.has(contact, 999))).toBe(true);
  });
});
