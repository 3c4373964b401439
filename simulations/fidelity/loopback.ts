import { setMaxListeners } from "node:events";
import { CachedRecordReader, type LookupResult } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import { Identity, verifyEd25519 } from "../../src/identity.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { encodeRefusal } from "../../src/rpc/refusal.ts";
import { systemRuntime } from "../../src/runtime.ts";
import { TcpTransport } from "../../src/transport/tcp.ts";
import { ObservedNode } from "../engine/observed-node.ts";
import { Activity } from "./activity.ts";
import { IDLE_MS, type Specimen } from "./specimen.ts";

const LIMITS = { ...DEFAULT_LIMITS, idleTimeoutMs: 2 * IDLE_MS }; // whoever dialled lets go after half of it

/** The nodes that people run, in this process, on sockets with TLS 1.3 between them. */
export class LoopbackSpecimen implements Specimen {
  readonly name = "loopback";
  readonly faults: readonly string[] = [];
  private readonly activity = new Activity();
  private readonly nodes: ObservedNode[] = []; // those of the plan
  private readonly signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    if (signal !== undefined) setMaxListeners(0, signal); // hundreds of nodes listen to it
    this.signal = signal;
  }

  get ids(): readonly NodeId[] {
    return this.nodes.map(({ id }) => id);
  }

  async welcome(key: Uint8Array, bootstraps: readonly number[]): Promise<void> {
    const node = this.makeNode(Identity.fromSeed(key));
    this.nodes.push(node);
    await node.start({ signal: this.signal });
    const addresses = bootstraps.flatMap((index) => this.nodeAt(index).addresses);
    if (addresses.length > 0) await node.join(addresses, { signal: this.signal });
    await this.activity.quiet(this.signal);
  }

  async lookUp(asker: number, target: NodeId): Promise<LookupResult> {
    const result = await this.nodeAt(asker).lookup(target, this.signal);
    await this.activity.quiet(this.signal);
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private makeNode(identity: Identity): ObservedNode {
    const tcp = new TcpTransport({ identity, runtime: systemRuntime, limits: LIMITS, plaintext: "loopback", encodeRefusal });
    const options = { identity, swarm: "simulation", limits: LIMITS, transport: this.activity.watched(tcp) };
    return new ObservedNode(options, new CachedRecordReader(verifyEd25519), () => {
      this.activity.note(); // it is asked how it behaves whenever it has something to answer
      return undefined;
    });
  }

  private nodeAt(index: number): ObservedNode {
    return this.nodes[index] as ObservedNode;
  }
}
