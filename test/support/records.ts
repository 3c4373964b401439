import { type CapabilityClaim, type CapabilityRecord, type Offer, type Signer, signRecord } from "../../dht/index.ts";
import { signerOf } from "./signers.ts";

export const SWARM = "test";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A claim in which everything has a value; a test names only what it is about. */
export function claimOf(fields: Partial<CapabilityClaim> = {}): CapabilityClaim {
  const issued = fields.issued ?? 1_000_000;
  return {
    swarm: SWARM,
    capability: "code-review/python",
    addresses: ["tcp://192.0.2.1:4000"],
    name: "ada",
    role: "reviewer",
    description: "reads what you wrote",
    version: "1.0.0",
    attributes: { languages: 3, fast: true, model: "small" },
    seq: 1,
    issued,
    expires: issued + HOUR,
    withdrawn: false,
    ...fields,
  };
}

const signers = new Map<number, Signer>();

/** The signer of a publisher; made once, since keys cost more than anything else in these tests. */
export function publisherOf(number: number): Signer {
  let signer = signers.get(number);
  if (signer === undefined) {
    signer = signerOf(number);
    signers.set(number, signer);
  }
  return signer;
}

export function recordOf(fields: Partial<CapabilityClaim> = {}, publisher = 1): CapabilityRecord {
  return signRecord(claimOf(fields), publisherOf(publisher));
}

export function offerOf(capability: string, fields: Partial<Offer> = {}): Offer {
  return { capability, name: "ada", role: "worker", description: "", version: "1", attributes: {}, ...fields };
}
