import { describe, expect, test } from "vitest";
import { type FindResult, failed, type OverlayRequest, type OverlayResponse } from "../../dht/index.ts";
import { MAX_KEYS, MAX_SEARCH_DIALS, MAX_SEARCH_REQUESTS, MAX_VAIN_DIALS, SearchBudget } from "../../dht/search-budget.ts";
import { type Contact, makeContact } from "../../routing/index.ts";
import { find, publish } from "../support/asking.ts";
import { visitorOf } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { offerOf } from "../support/records.ts";

const SIZE = 120;

/** A network in which one agent works, and the first so many of all members say whatever `lie` makes of the truth. */
function scene(seed: number, liars: number, lie: (response: OverlayResponse, request: OverlayRequest) => OverlayResponse) {
  const network = new MemoryNetwork(seed);
  const members = network.grow(SIZE);
  publish(network, at(members, -1), offerOf("work"));
  for (const member of members.slice(0, liars)) network.lie(member, (request, honest) => lie(honest(), request));
  return { network, visitor: visitorOf(network) };
}

const splitTo =
  (split: number) =>
  (response: OverlayResponse): OverlayResponse =>
    response.kind === "find_records" ? { ...response, split } : response;
const deep = splitTo(8);

function names({ matches }: FindResult): string[] {
  return matches.map(({ record }) => record.name);
}

describe("A search for a name that one agent offers", () => {
  test("is led to few keys by half of all who say that every key is split, and is complete", () => {
    const { network, visitor } = scene(1, SIZE / 2, deep);
    const result = find(network, visitor, "work");
    expect([names(result), result.report.complete, result.report.cutShort]).toEqual([["ada"], true, false]);
    expect(result.report.keysAsked).toBeLessThan(32);
  });

  test("asks for so many keys and no more where all say so, and tells that it was cut short", () => {
    const { network, visitor } = scene(2, SIZE, deep);
    const result = find(network, visitor, "work");
    expect([names(result), result.report]).toMatchObject([["ada"], { keysAsked: 1 + MAX_KEYS, complete: false, cutShort: true }]);
  });

  test("reads all keys down to the depth that all speak of, where these are not too many", () => {
    const { network, visitor } = scene(6, SIZE, splitTo(5));
    const { report } = find(network, visitor, "work");
    expect(report).toMatchObject({ keysAsked: 63, complete: true, cutShort: false });
    expect(report.ms).toBeLessThan(2_000); // of the network's time: none waited for the end
  });

  test("has few requests under way at once, however many keys there are said to be", () => {
    const { network, visitor } = scene(5, SIZE, deep);
    const { request } = visitor.overlay.peers;
    let [underWay, most] = [0, 0];
    visitor.overlay.peers.request = (to, asked, timeoutMs, done) => {
      underWay += 1;
      most = Math.max(most, underWay);
      request(to, asked, timeoutMs, (...outcome) => {
        underWay -= 1;
        done(...outcome);
      });
    };
    find(network, visitor, "work");
    expect(most).toBeLessThanOrEqual(8 * 20); // walks and what each of them closes with
  });

  test("has no more strangers dialled in vain, whoever names them, than one search may", () => {
    const random = new Random(3);
    const strangers = (key: Uint8Array): Contact[] =>
      Array.from({ length: 20 }, () => makeContact(Uint8Array.from([...key.subarray(0, 3), ...random.bytes(29)]), ["mem://victim"]));
    const { network, visitor } = scene(3, SIZE, (response, request) =>
      request.kind === "find_records" && response.kind === "find_records"
        ? { ...response, split: 8, contacts: [...response.contacts, ...strangers(request.key)] }
        : response,
    );
    const dials = dialsOf(network, visitor);
    const { report } = find(network, visitor, "work");
    expect(report).toMatchObject({ complete: false, cutShort: true });
    expect(dials()).toBeGreaterThanOrEqual(MAX_VAIN_DIALS);
    expect(dials()).toBeLessThan(MAX_VAIN_DIALS + 8 * 20); // those under way when it had been too many
  });
});

/** Whoever is at the victim's address has no link, and refuses one at once. */
function dialsOf(network: MemoryNetwork, { overlay }: Member): () => number {
  let dials = 0;
  const { request } = overlay.peers;
  const isVictim = ({ addresses }: Contact) => addresses[0] === "mem://victim";
  overlay.peers.isLinked = (contact) => !isVictim(contact);
  overlay.peers.request = (to, asked, timeoutMs, done) => {
    if (!isVictim(to)) return request(to, asked, timeoutMs, done);
    dials += 1;
    network.clock.schedule(40, () => done(failed("unreachable", "refused")));
  };
  return () => dials;
}

describe("What one search costs", () => {
  /** Asks so often, and counts what goes out. */
  function asking(times: number, isLinked: boolean, outcome: OverlayResponse | ReturnType<typeof failed>) {
    const network = new MemoryNetwork(4);
    const { overlay } = network.add(1);
    const budget = new SearchBudget();
    let sent = 0;
    overlay.peers.isLinked = () => isLinked;
    overlay.peers.request = (_to, _request, _timeoutMs, done) => {
      sent += 1;
      done(outcome);
    };
    const peers = budget.listening(overlay.peers, network.clock);
    const somebody = makeContact(new Uint8Array(32).fill(1), []);
    const outcomes: string[] = [];
    for (let n = 0; n < times; n++) peers.request(somebody, { kind: "ping" }, 1, (answer) => outcomes.push(answer.kind));
    expect(outcomes).toHaveLength(sent); // the others hear of it later, as of any request
    network.clock.advance(1);
    expect(outcomes).toHaveLength(times);
    return { sent, budget };
  }

  test.each([
    ["requests", MAX_SEARCH_REQUESTS, true, { kind: "ping" } as const],
    ["dials", MAX_SEARCH_DIALS, false, { kind: "ping" } as const],
    ["dials in vain", MAX_VAIN_DIALS, false, failed("unreachable", "")],
    ["dials that were refused by whoever was there", MAX_SEARCH_DIALS, false, failed("refused", "")],
    ["requests in vain over links", MAX_SEARCH_REQUESTS, true, failed("timeout", "")],
  ])("has a bound: %s", (_, most, isLinked, outcome) => {
    const { sent, budget } = asking(most + 5, isLinked, outcome);
    expect([sent, budget.isCut, budget.takesKey()]).toEqual([most, true, false]);
    expect(asking(most, isLinked, outcome).budget.isCut).toBe(false);
  });
});
