import type { NodeId } from "../../routing/index.ts";
import type { Dialect, DialOptions, Link, LinkReceiver, Listener, ListenOptions, Transport } from "../../src/transport/transport.ts";
import type { SimNetwork } from "../engine/sim-network.ts";
import { SimTransport } from "../engine/sim-transport.ts";
import type { Life } from "./life.ts";

/** The simulated network as one life sees it: what arrives is heard as a part of that life, and what is sent after its end is not. */
export class LifeTransport implements Transport {
  private readonly transport: SimTransport;
  private readonly life: Life;

  constructor(network: SimNetwork, life: Life) {
    this.transport = new SimTransport(network, life);
    this.life = life;
  }

  async dial(address: string, options: DialOptions): Promise<Link> {
    return new LifeLink(await this.transport.dial(address, options), this.life);
  }

  listen(options: ListenOptions, onLink: (link: Link) => void): Promise<Listener> {
    const { life } = this;
    return this.transport.listen(options, (link) => life.within(() => onLink(new LifeLink(link, life))));
  }
}

/** One end of a link. Code that waits for something outside of the world goes on when its host is gone, and must not be heard then. */
class LifeLink implements Link {
  readonly dialect: Dialect;
  readonly remoteAddress: string;
  readonly dialled: boolean;
  private readonly link: Link;
  private readonly life: Life;

  constructor(link: Link, life: Life) {
    this.dialect = link.dialect;
    this.remoteAddress = link.remoteAddress;
    this.dialled = link.dialled;
    this.link = link;
    this.life = life;
  }

  get peerId(): NodeId | undefined {
    return this.link.peerId;
  }

  get bufferedBytes(): number {
    return this.link.bufferedBytes;
  }

  open(receiver: LinkReceiver): void {
    const { life } = this;
    this.link.open({
      onMessage: (message) => life.within(() => receiver.onMessage(message)),
      onFault: (error) => life.within(() => receiver.onFault(error)),
      onEnd: () => life.within(() => receiver.onEnd()),
      onClose: (error) => life.within(() => receiver.onClose(error)),
    });
  }

  send(message: Uint8Array): void {
    if (this.life.isAlive) this.link.send(message);
  }

  room(): Promise<void> | undefined {
    return this.link.room();
  }

  close(): void {
    if (this.life.isAlive) this.link.close();
  }

  destroy(): void {
    if (this.life.isAlive) this.link.destroy();
  }
}
