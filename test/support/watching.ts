import type { WatchEvent } from "../../dht/index.ts";
import type { Member, MemoryNetwork } from "./memory-network.ts";

export interface Seen {
  readonly events: string[];
  reads: number;
  stop(): void;
}

/** Watches, and writes down what is told: `+ada`, `~ada`, `-ada withdrawn`. */
export function watching(network: MemoryNetwork, member: Member, query: string): Seen {
  const events: string[] = [];
  const signs = { appeared: "+", changed: "~", left: "-" };
  const onEvent = (event: WatchEvent) =>
    events.push(`${signs[event.kind]}${event.match.record.name}${event.kind === "left" ? ` ${event.why}` : ""}`);
  const seen: Seen = { events, reads: 0, stop: () => watch.stop() };
  const watch = member.overlay.watch(query, { onEvent, onRead: () => (seen.reads += 1) });
  network.clock.until(() => seen.reads > 0);
  return seen;
}

/** What was told since last time. */
export function fresh({ events }: Seen): string[] {
  return events.splice(0);
}
