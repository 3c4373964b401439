import type { FindResult, Offer, PublishReport } from "../../dht/index.ts";
import type { Member, MemoryNetwork } from "./memory-network.ts";

/** Searches, and lets time pass until the search is over. */
export function find(network: MemoryNetwork, member: Member, capability: string, limit = 100): FindResult {
  let result: FindResult | undefined;
  member.overlay.find(capability, { limit }, (found) => {
    result = found;
  });
  network.clock.until(() => result !== undefined);
  return result as FindResult;
}

/** The keys of the publishers that a search gives, sorted. */
export function publishersFound(network: MemoryNetwork, member: Member, capability: string, limit = 100): string[] {
  const { matches } = find(network, member, capability, limit);
  return matches.map(({ record }) => Buffer.from(record.publisher).toString("hex")).sort();
}

/** Publishes, and lets time pass until all have answered who were to hold it. */
export function publish(network: MemoryNetwork, member: Member, offer: Offer): PublishReport {
  let report: PublishReport | undefined;
  const settled = (done: PublishReport) => {
    report = done;
  };
  member.overlay.publish(offer, () => undefined, settled);
  network.clock.until(() => report !== undefined);
  return report as PublishReport;
}

export function withdraw(network: MemoryNetwork, member: Member, capability: string): PublishReport {
  let report: PublishReport | undefined;
  member.overlay.withdraw(capability, (done) => {
    report = done;
  });
  network.clock.until(() => report !== undefined);
  return report as PublishReport;
}
