import type { Overlay } from "../dht/index.ts";
import type { Contact } from "../routing/index.ts";
import { parseAddress } from "./address.ts";

/** Peers named in answer to `_synapse.peers`. */
const PEERS_SAMPLE = 20;

/** A node as the Python node describes one. Its maps are strict: exactly these fields. */
export interface PeerInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: "node";
  readonly address: string;
  readonly port: number;
  readonly swarm: string;
  readonly team: string;
  readonly role: string;
  readonly description: string;
  readonly capabilities: readonly string[];
}

/** The answer to `_synapse.info`. */
export function peerInfo(node: Omit<PeerInfo, "kind" | "team" | "address" | "port">, address: string): PeerInfo {
  const { host, port } = parseAddress(address);
  const { id, name, swarm, role, description, capabilities } = node;
  return { id, name, kind: "node", address: host, port, swarm, team: "default", role, description, capabilities };
}

/** The answer to `_synapse.peers`: a random few of those that have answered. What they are called and can do is theirs to say. */
export function samplePeers({ membership, runtime, swarm }: Overlay) {
  const seen = shuffled(everybodyIn(membership.table), runtime.random);
  const secondsSince1970 = (at: number) => (runtime.wallClock() - (runtime.now() - at)) / 1000;
  return seen.slice(0, PEERS_SAMPLE).map(([{ key, addresses }, at]) => {
    const { host, port } = parseAddress(addresses[0] as string); // the one that was dialled
    return {
      id: key,
      address: host,
      port,
      swarm,
      team: "default",
      name: "",
      kind: "node",
      capabilities: [],
      last_seen: secondsSince1970(at),
    };
  });
}

/** Every contact with the time when it last answered. */
function everybodyIn(table: Overlay["membership"]["table"]): (readonly [Contact, number])[] {
  const seen: (readonly [Contact, number])[] = [];
  for (let index = 0; index < table.depth; index++) seen.push(...(table.bucket(index)?.seen() ?? []));
  return seen;
}

/** Fisher and Yates. */
function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
