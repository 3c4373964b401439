import { type CapabilityRecord, type Said, signRecord } from "./capability-record.ts";
import type { Offer, PublisherContext } from "./publisher.ts";

/** A record of an offer, at the addresses that this node names now. @throws SynapseError `bad_record` when it does not fit. */
export function signOffer(context: PublisherContext, offer: Offer, previous: CapabilityRecord | undefined): CapabilityRecord {
  return signNext(context, { ...saidIn(offer), addresses: context.self.addresses, withdrawn: false }, previous);
}

/**
 * The same offer again. A record may have been as long as one can be before this node named an address, or a longer one: then it names
 * those that fit.
 */
export function signAnew(context: PublisherContext, record: CapabilityRecord): CapabilityRecord {
  const { addresses } = context.self;
  for (let count = addresses.length; ; count--) {
    try {
      return signNext(context, { ...saidIn(record), addresses: addresses.slice(0, count), withdrawn: false }, record);
    } catch (error) {
      if (count === 0) throw error; // it was signed before, and was no shorter
    }
  }
}

/** Takes a record back. It says nothing else: as long as what it withdraws, it would not fit. */
export function signWithdrawal(context: PublisherContext, record: CapabilityRecord): CapabilityRecord {
  const nothing = { addresses: [], name: "", role: "", description: "", version: "", attributes: {} };
  return signNext(context, { ...nothing, capability: record.capability, withdrawn: true }, record);
}

function saidIn({ capability, name, role, description, version, attributes }: Offer): Offer {
  return { capability, name, role, description, version, attributes };
}

function signNext(context: PublisherContext, said: Said, previous: CapabilityRecord | undefined): CapabilityRecord {
  const { runtime, settings, swarm, signer } = context;
  const issued = Math.floor(runtime.wallClock());
  const expires = Math.max(issued + settings.recordLifetimeMs, said.withdrawn ? (previous?.expires ?? 0) : 0);
  // The clock makes sequence numbers rise across restarts; within one millisecond, counting does.
  const seq = Math.max(issued, (previous?.seq ?? 0) + 1);
  return signRecord({ ...said, swarm, seq, issued, expires }, signer);
}
