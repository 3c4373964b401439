import { type CapabilityRecord, readRecord, type Signer, signRecord } from "../../dht/index.ts";
import { type NodeId, toHex } from "../../routing/index.ts";
import type { SimNode } from "../engine/world.ts";
import type { SpecOf } from "./adversary-spec.ts";
import type { Plot, Scheme } from "./scheme.ts";
import { claimFor, keyFor, made, storeNear } from "./spam.ts";

/** Records of others that are kept to be replayed and altered: the first that was seen of each, by publisher and name. */
const MAX_KEPT = 1_000;
const HOUR = 3_600_000;

interface Loot {
  readonly key: NodeId;
  readonly record: CapabilityRecord;
}

interface Forged {
  readonly key: NodeId;
  readonly bytes: Uint8Array;
}

type Forgery = (plot: Plot, loot: Loot) => Forged;

/** One of each way in which a record can be wrong. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  replayed: (_, { key, record }) => ({ key, bytes: record.bytes }),
  altered: ({ random }, { key, record }) => {
    const bytes = Uint8Array.from(record.bytes);
    const at = random.integer(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
    return { key, bytes };
  },
  "in the name of another": (plot, { key, record }) => {
    const { publicKey, capability, seq } = record;
    const signer: Signer = { publicKey, sign: () => plot.random.bytes(64) };
    return { key, bytes: signRecord(claimFor(plot, capability, { seq: seq + 1_000 }), signer).bytes };
  },
  "withdrawn for another": (plot, { key, record }) => {
    const signer: Signer = { publicKey: record.publicKey, sign: () => plot.random.bytes(64) };
    const claim = { ...record, seq: record.seq + 1_000, withdrawn: true };
    return { key, bytes: signRecord(claim, signer).bytes };
  },
  "of another swarm": (plot, { key, record }) => ({ key, bytes: made(plot, record.capability, { swarm: "another" }).bytes }),
  "under another key": (plot, { record }) => ({ key: plot.random.bytes(32), bytes: record.bytes }),
  "under the key of another name": (plot, { record }) => ({ key: keyFor(plot, "other"), bytes: record.bytes }),
  "of the future": (plot, { key, record: { capability, issued } }) => {
    return { key, bytes: made(plot, capability, { issued: issued + 12 * HOUR, expires: issued + 24 * HOUR }).bytes };
  },
  expired: (plot, { key, record: { capability, issued } }) => {
    return { key, bytes: made(plot, capability, { issued: issued - 24 * HOUR, expires: issued - HOUR }).bytes };
  },
  "cut off": ({ random }, { key, record: { bytes } }) => ({ key, bytes: bytes.slice(0, random.integer(bytes.length)) }),
  "too long": ({ random }, { key }) => ({ key, bytes: random.bytes(2_000) }),
};

/** Nodes that forge and replay whatever they get to see: at other holders, and in their own answers. */
export function forgers(plot: Plot, { perSecond }: SpecOf<"forgers">): Scheme {
  const { random } = plot;
  const kept = new Map<string, Loot>(); // at most MAX_KEPT
  const forge = (loot: Loot): Forged => random.pick(Object.values(FORGERIES))(plot, loot);
  return {
    perSecond,
    answer: (_, request, honest) => {
      if (request.kind === "store") keep(kept, request.key, request.record);
      const answer = honest();
      if (answer.kind !== "find_records" || request.kind !== "find_records") return answer;
      for (const record of answer.records) keep(kept, request.key, record);
      const ofKey = [...kept.values()].filter(({ key }) => toHex(key) === toHex(request.key));
      return { ...answer, records: [...ofKey.map((loot) => forge(loot).bytes), ...answer.records].slice(0, 64) };
    },
    act: (self: SimNode) => {
      if (kept.size === 0) return;
      const { key, bytes } = forge(random.pick([...kept.values()]));
      storeNear(plot, self, key, bytes);
    },
  };
}

function keep(kept: Map<string, Loot>, key: NodeId, bytes: Uint8Array): void {
  const record = readRecord(bytes, () => true);
  if (typeof record === "string" || kept.size >= MAX_KEPT) return;
  const name = record.entry;
  if (!kept.has(name)) kept.set(name, { key, record });
}
