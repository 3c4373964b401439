import type { Overlay, RecordReader, Signer } from "../../dht/index.ts";
import { nextTurn } from "../../src/runtime.ts";
import { OverlayNode } from "./overlay-node.ts";
import type { SimHost } from "./sim-host.ts";
import { SharedReader, StandInSigner, verifyStandIn } from "./stand-in-signer.ts";
import { type Birth, type SimNode, World, type WorldOptions } from "./world.ts";

/**
 * The overlay level: `dht/` and `routing/` as in production, requests handed over as objects at the time a network would deliver them.
 * For very large networks.
 */
export class OverlayWorld extends World {
  readonly reader: RecordReader = new SharedReader();
  override readonly verify = verifyStandIn;
  /** What those have who will not come back: nothing. Made when the first is gone. */
  nobody: Overlay | undefined;
  private readonly byKey = new Map<string, OverlayNode>(); // one for each node ever born
  private readonly byAddress = new Map<string, OverlayNode>(); // the same without clients

  constructor(options: WorldOptions) {
    super(options);
  }

  async runUntil(ms: number): Promise<void> {
    this.clock.runUntil(ms);
    await nextTurn(); // lets the real world in: a Ctrl-C, a progress bar
  }

  nodeOf(key: string): OverlayNode | undefined {
    return this.byKey.get(key);
  }

  nodeAt(address: string): OverlayNode | undefined {
    return this.byAddress.get(address);
  }

  override signerOf(seed: Uint8Array): Signer {
    return new StandInSigner(seed);
  }

  protected override makeNode(index: number, host: SimHost, birth: Birth): SimNode {
    const node = new OverlayNode(this, index, host, birth);
    const [address] = node.contact.addresses;
    this.byKey.set(node.contact.key, node);
    if (address !== undefined) this.byAddress.set(address, node);
    return node;
  }
}
