import { makeContact, SynapseError, sameId, shortId } from "../../routing/index.ts";
import type { DialOptions, Link, Listener, ListenOptions, ProveOptions, Transport } from "../../src/transport/transport.ts";
import { connect } from "./sim-link.ts";
import type { SimNetwork, Station } from "./sim-network.ts";
import { SimProof } from "./sim-proof.ts";
import { TraceKind } from "./trace.ts";

/** Everything but the socket: links that carry encoded frames, with the delays, set-up costs and silences of the simulated network. */
export class SimTransport implements Transport {
  private readonly network: SimNetwork;
  private readonly self: Station;

  constructor(network: SimNetwork, self: Station) {
    this.network = network;
    this.self = self;
  }

  dial(address: string, options: DialOptions): Promise<Link> {
    return new Promise((resolve, reject) => new Dial(this.network, this.self, address, options, resolve, reject).begin());
  }

  prove(address: string, options: ProveOptions): Promise<void> {
    return new Promise((resolve, reject) => new SimProof(this.network, this.self, address, options, resolve, reject).begin());
  }

  async listen(_options: ListenOptions, onLink: (link: Link) => void): Promise<Listener> {
    const { network, self } = this;
    const { address } = self.machine;
    network.listeners.set(address, onLink);
    const stopAccepting = () => void network.listeners.delete(address);
    return {
      port: self.machine.port,
      addresses: makeContact(self.id, [address]).addresses,
      stopAccepting,
      close: async () => stopAccepting(),
    };
  }
}

/** An attempt to set up one link. */
class Dial {
  private readonly network: SimNetwork;
  private readonly self: Station;
  private readonly address: string;
  private readonly options: DialOptions;
  private readonly resolve: (link: Link) => void;
  private readonly reject: (error: SynapseError) => void;

  constructor(
    network: SimNetwork,
    self: Station,
    address: string,
    options: DialOptions,
    resolve: (link: Link) => void,
    reject: (error: SynapseError) => void,
  ) {
    this.network = network;
    this.self = self;
    this.address = address;
    this.options = options;
    this.resolve = resolve;
    this.reject = reject;
  }

  begin(): void {
    const { network, self, address, options } = this;
    const { world } = network;
    const target = network.stations.get(address);
    world.traffic.dials += 1;
    world.trace.note(TraceKind.dial, world.clock.now, self.index, target?.index ?? -1, 0);
    if (target === undefined) {
      this.hearNothing(options.timeoutMs);
      return;
    }
    const { broken, heldUntilMs } = world.problems.fateOf(self.index, target.index);
    const held = Math.max(0, heldUntilMs - world.clock.now);
    const setup = held + network.setupMs(self, target);
    if (broken || setup > options.timeoutMs) this.hearNothing(options.timeoutMs);
    else if (this.isRefused(target)) this.later(held + network.roundTripMs(self, target), () => this.fail("nobody listens there"));
    else this.later(setup, () => this.finish(target, options.timeoutMs - setup));
  }

  private finish(target: Station, leftMs: number): void {
    const { network, self, address, options } = this;
    const onLink = network.listeners.get(address);
    if (!target.isAlive || onLink === undefined) this.hearNothing(leftMs);
    else if (options.expectedId !== undefined && !sameId(options.expectedId, target.id)) {
      network.world.traffic.astray += 1;
      const message = `${address} is node ${shortId(target.id)}, not ${shortId(options.expectedId)}`;
      this.reject(new SynapseError("wrong_peer", message, { peer: address }));
    } else this.resolve(connect(network, self, target, onLink));
  }

  /** The machine is there, and its node is not. */
  private isRefused({ isAlive, machine }: Station): boolean {
    return !isAlive && machine.properties.refuses;
  }

  private hearNothing(afterMs: number): void {
    this.later(afterMs, () => this.fail(`it did not answer within ${this.options.timeoutMs} ms`));
  }

  private fail(why: string): void {
    this.reject(new SynapseError("unreachable", `${this.address} cannot be reached: ${why}`, { peer: this.address }));
  }

  private later(ms: number, task: () => void): void {
    this.network.world.clock.schedule(ms, task, this.self);
  }
}
