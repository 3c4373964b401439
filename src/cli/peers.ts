import { Client } from "../client.ts";
import { SynapseError } from "../errors.ts";
import { callOnce, explained } from "./call.ts";
import { inContext, makeCommand } from "./command.ts";
import { address, timeoutOption } from "./options.ts";
import { table } from "./output.ts";

interface Peer {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly swarm: string;
  readonly last_seen: number;
}

export function peersCommand() {
  return makeCommand("peers", "Show some of the nodes that a node knows.", [
    "synapse peers 127.0.0.1:9999",
    "synapse peers 127.0.0.1:9999 --json",
  ])
    .argument("<address>", "HOST:PORT", address)
    .addOption(timeoutOption(5_000))
    .action((where: string, flags: { timeout: number; json?: boolean }) =>
      inContext(flags, async ({ output, signal }) => {
        const peers = await explained(callOnce(new Client(where), "_synapse.peers", [], flags.timeout, signal));
        if (!Array.isArray(peers) || !peers.every(isPeer))
          throw new SynapseError("bad_answer", `${where} gave no list of peers`, { peer: where });
        output.data(peers, (style) => {
          if (peers.length === 0) return "it knows nobody yet";
          const rows = peers.map((peer) => [peer.id.slice(0, 8), `${peer.address}:${peer.port}`, peer.swarm, ago(peer.last_seen)]);
          return table(style, ["NODE", "ADDRESS", "SWARM", "HEARD OF"], rows);
        });
      }),
    );
}

function isPeer(value: unknown): value is Peer {
  if (typeof value !== "object" || value === null) return false;
  const { id, address: host, port, swarm, last_seen } = value as Partial<Record<keyof Peer, unknown>>;
  return [id, host, swarm].every((text) => typeof text === "string") && typeof port === "number" && typeof last_seen === "number";
}

function ago(secondsSince1970: number): string {
  const seconds = Math.max(0, Date.now() / 1000 - secondsSince1970);
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3_600)} h ago`;
}
