import { type Failed, failed, type Heard, type OnOutcome, type OnProved, type OverlayRequest, type Peers } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { Exchange } from "./exchange.ts";
import { PROOF_ROUND_TRIPS, SETUP_ROUND_TRIPS } from "./link-costs.ts";
import { SharedLink } from "./link-set.ts";
import type { OverlayNode } from "./overlay-node.ts";
import type { OverlayWorld } from "./overlay-world.ts";
import { TraceKind } from "./trace.ts";

const PING: OverlayRequest = { kind: "ping" };

/** A node's way into the simulated network. */
export class OverlayPort implements Peers {
  private readonly world: OverlayWorld;
  private readonly self: OverlayNode;

  constructor(world: OverlayWorld, self: OverlayNode) {
    this.world = world;
    this.self = self;
  }

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    const { world, self } = this;
    const target = world.nodeOf(to.key);
    const link = target && this.linkTo(target);
    const heard = self.observed(to, request, done);
    if (target !== undefined && (link !== undefined || leadsTo(to, target))) this.exchange(target, request, link, timeoutMs, heard);
    else this.goAstray(to, timeoutMs, heard);
  }

  isLinked({ key }: Contact): boolean {
    const target = this.world.nodeOf(key);
    const link = target && this.linkTo(target);
    return link !== undefined && link.readyAt <= this.world.clock.now;
  }

  verify(contact: Contact, timeoutMs: number, done: OnProved): void {
    const target = this.world.nodeOf(contact.key);
    const link = target && this.self.dialled.get(target.index, this.world.clock.now);
    const how = (heard: Heard) => (outcome: Contact | Failed) => done(outcome, heard);
    if (target !== undefined && link !== undefined) this.proveAddress(target, timeoutMs, how("linked"));
    else if (target !== undefined && leadsTo(contact, target)) this.askForProof(target, timeoutMs, how("proved"));
    else this.goAstray(contact, timeoutMs, how("dialled"));
  }

  contactAt(address: string, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const target = this.world.nodeAt(address);
    if (target === undefined) this.fail(timeoutMs, done, "no such host");
    else this.proveAddress(target, timeoutMs, done);
  }

  /** In passing: neither end keeps a link, and who is asked does not learn by whom. */
  private askForProof(target: OverlayNode, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const { world, self } = this;
    const { now } = world.clock;
    const passing = new SharedLink(now, PROOF_ROUND_TRIPS * 2 * world.options.latency.oneWayMs(self.place, target.place));
    this.exchange(target, PING, passing, timeoutMs, this.onProof(target, done), true);
  }

  private onProof({ contact }: OverlayNode, done: (outcome: Contact | Failed) => void): OnOutcome {
    return (outcome) => {
      if (outcome.kind !== "failed") this.world.observer?.onProved(this.self, contact);
      done(outcome.kind === "failed" ? outcome : contact);
    };
  }

  private proveAddress(target: OverlayNode, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const link = this.self.dialled.get(target.index, this.world.clock.now);
    this.exchange(target, PING, link, timeoutMs, this.onProof(target, done));
  }

  /** What was said of a contact is not true: nobody is there, or another, as its certificate shows. */
  private goAstray({ addresses: [address = ""] }: Contact, timeoutMs: number, done: (outcome: Failed) => void): void {
    const { world, self } = this;
    const other = world.nodeAt(address);
    if (other === undefined) this.fail(timeoutMs, done, "no such host");
    else if (!other.isAlive && other.host.properties.refuses) this.beRefused(other, timeoutMs, done);
    else {
      this.noteDial(other);
      world.traffic.astray += 1;
      const setup = SETUP_ROUND_TRIPS * 2 * world.options.latency.oneWayMs(self.place, other.place);
      this.fail(other.isAlive ? Math.min(timeoutMs, setup) : timeoutMs, done, "another node is there");
    }
  }

  /** @param isPassing over a link that neither end keeps, from one who does not say who it is. */
  private exchange(
    target: OverlayNode,
    request: OverlayRequest,
    open: SharedLink | undefined,
    timeoutMs: number,
    done: OnOutcome,
    isPassing = false,
  ): void {
    const isNew = open === undefined || isPassing;
    if (isNew && target.host.properties.isClient) this.fail(0, done, "it cannot be dialled");
    else if (isNew && !target.isAlive && target.host.properties.refuses) this.beRefused(target, timeoutMs, done);
    else new Exchange(this.world, this.self, target, request, open ?? this.dial(target), timeoutMs, done, isPassing).begin();
  }

  /** An open link, whoever dialled it; its own first, as the real pool takes them. */
  private linkTo(target: OverlayNode): SharedLink | undefined {
    const { now } = this.world.clock;
    return this.self.dialled.get(target.index, now) ?? this.self.inbound.get(target.index, now);
  }

  private dial(target: OverlayNode): SharedLink {
    const { world, self } = this;
    const { now } = world.clock;
    this.noteDial(target);
    const { latency } = world.options;
    const link = new SharedLink(now, SETUP_ROUND_TRIPS * 2 * latency.oneWayMs(self.place, target.place));
    self.dialled.set(target.index, link, now);
    return link;
  }

  /** The machine is there, and nobody listens: that is known after one round trip. */
  private beRefused(target: OverlayNode, timeoutMs: number, done: (outcome: Failed) => void): void {
    const { world, self } = this;
    this.noteDial(target);
    world.traffic.lost += 1;
    this.fail(Math.min(timeoutMs, 2 * world.options.latency.oneWayMs(self.place, target.place)), done, "nobody listens there");
  }

  private noteDial({ index }: OverlayNode): void {
    const { world, self } = this;
    world.traffic.dials += 1;
    world.trace.note(TraceKind.dial, world.clock.now, self.index, index, 0);
  }

  private fail(afterMs: number, done: (outcome: Failed) => void, message: string): void {
    this.self.later(afterMs, () => done(failed("unreachable", message)));
  }
}

function leadsTo({ addresses }: Contact, { contact }: OverlayNode): boolean {
  const [address] = contact.addresses;
  return address === undefined || addresses.includes(address);
}
