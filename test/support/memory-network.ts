import { createHash } from "node:crypto";
import {
  CachedRecordReader,
  type Failed,
  failed,
  type OnOutcome,
  Overlay,
  type OverlayRequest,
  type OverlayResponse,
  type OverlaySettings,
  type Peers,
  type Runtime,
  type Signer,
} from "../../dht/index.ts";
import { type Contact, makeContact } from "../../routing/index.ts";
import { publisherOf, SWARM } from "./records.ts";
import { verifyEd25519 } from "./signers.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** One way, ms. */
export const LATENCY_MS = 10;

export interface Member {
  readonly overlay: Overlay;
  readonly contact: Contact;
  readonly address: string;
  readonly signer: Signer;
}

export interface Sent {
  readonly from: Contact;
  readonly to: Contact;
  readonly request: OverlayRequest;
  readonly timeoutMs: number;
}

/** What a member answers instead of the truth, or `"silence"`. */
export type Lie = (request: OverlayRequest, honest: () => OverlayResponse) => OverlayResponse | Failed | "silence";

export interface MemberOptions {
  readonly settings?: Partial<OverlaySettings>;
  readonly swarm?: string;
  /** Its own view of time, where that is not the network's. */
  readonly runtime?: Runtime;
  /** False for a member that cannot be dialled. */
  readonly reachable?: boolean;
}

/** Overlays in one process: every message takes the same time, whoever is dead stays silent, and everything sent is counted. */
export class MemoryNetwork {
  readonly clock: VirtualClock;
  readonly members: Member[] = [];
  /** Requests and verifications sent since the network began. */
  messages = 0;
  onSent: ((sent: Sent) => void) | undefined;
  /** Told of each address that is dialled to learn who listens there. */
  onDialled: ((address: string, timeoutMs: number) => void) | undefined;
  /** Told of each contact that is dialled back. */
  onVerified: ((contact: Contact, timeoutMs: number) => void) | undefined;
  /** Whether the network between two of them is cut: then each is silent to the other. */
  isCut: ((from: Contact, to: Contact) => boolean) | undefined;
  /** One for all: what it remembers is the same for everybody. */
  readonly reader = new CachedRecordReader(verifyEd25519);
  private readonly byAddress = new Map<string, Member>();
  private readonly dead = new Set<string>();
  private readonly lies = new Map<string, Lie>();
  private readonly delays = new Map<string, number>();

  constructor(seed: number) {
    this.clock = new VirtualClock(seed);
  }

  /** Makes a member that nobody knows yet. Its number fixes its key and address. */
  add(number: number, options: MemberOptions = {}): Member {
    const signer = publisherOf(number);
    const address = `mem://${number}`;
    const id = Uint8Array.from(createHash("sha256").update(signer.publicKey).digest());
    const contact = makeContact(id, options.reachable === false ? [] : [address]);
    const overlay = new Overlay({
      self: contact,
      swarm: options.swarm ?? SWARM,
      runtime: options.runtime ?? this.clock,
      peers: this.peersOf(contact),
      signer,
      reader: this.reader,
      ...(options.settings && { settings: options.settings }),
    });
    const member: Member = { overlay, contact, address, signer };
    this.members.push(member);
    if (options.reachable !== false) this.byAddress.set(address, member);
    return member;
  }

  /** Makes members 1 … count, each joined through the first, with its upkeep running if wanted. */
  grow(count: number, options: MemberOptions & { readonly upkeep?: boolean } = {}): Member[] {
    const grown: Member[] = [];
    for (let number = 1; number <= count; number++) {
      const member = this.add(number, options);
      const first = grown[0];
      if (first !== undefined) this.join(member, [first.address]);
      if (options.upkeep) member.overlay.start();
      grown.push(member);
    }
    this.clock.advance(2_000);
    return grown;
  }

  join(member: Member, addresses: readonly string[]): void {
    let joined = false;
    const onFailed = (error: Error) => {
      throw error;
    };
    member.overlay.join(addresses, () => (joined = true), onFailed);
    this.clock.until(() => joined);
  }

  kill(member: Member): void {
    this.dead.add(member.contact.key);
    member.overlay.stop();
  }

  lie(member: Member, lie: Lie): void {
    this.lies.set(member.contact.key, lie);
  }

  /** Makes a member take that much longer for every answer. */
  delay(member: Member, ms: number): void {
    this.delays.set(member.contact.key, ms);
  }

  /** The living members nearest to a target, by the oracle of whoever asks. */
  get alive(): Member[] {
    return this.members.filter(({ contact }) => !this.dead.has(contact.key));
  }

  private peersOf(from: Contact): Peers {
    const lose = (timeoutMs: number, done: (outcome: Failed) => void) =>
      void this.clock.schedule(timeoutMs, () => done(failed("timeout", "no answer")));
    return {
      request: (to, request, timeoutMs, done) => {
        this.messages += 1;
        this.onSent?.({ from, to, request, timeoutMs });
        if (this.isCut?.(from, to)) lose(timeoutMs, done);
        else this.exchange(from, to, request, timeoutMs, done);
      },
      isLinked: () => true,
      verify: (contact, timeoutMs, done) => {
        this.messages += 1;
        this.onVerified?.(contact, timeoutMs);
        if (this.isCut?.(from, contact)) return lose(timeoutMs, (outcome) => done(outcome, "dialled"));
        this.exchange(undefined, contact, { kind: "ping" }, timeoutMs, (outcome, reached) =>
          done(outcome.kind === "failed" ? outcome : (reached ?? contact), "linked"),
        );
      },
      contactAt: (address, timeoutMs, done) => {
        this.onDialled?.(address, timeoutMs);
        const member = this.listenerAt(address);
        if (member === undefined || this.isCut?.(from, member.contact)) lose(timeoutMs, done);
        else this.clock.schedule(2 * LATENCY_MS, () => done(member.contact));
      },
    };
  }

  private listenerAt(address: string | undefined): Member | undefined {
    const member = address === undefined ? undefined : this.byAddress.get(address);
    return member === undefined || this.dead.has(member.contact.key) ? undefined : member;
  }

  private exchange(from: Contact | undefined, to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    const { clock } = this;
    const lost = clock.schedule(timeoutMs, () => done(failed("timeout", "no answer")));
    clock.schedule(LATENCY_MS, () => {
      const member = this.listenerAt(to.addresses[0]);
      if (member === undefined || member.contact.key !== to.key) return;
      const answer = this.answerOf(member, from, request);
      if (answer === "silence") return;
      clock.schedule(LATENCY_MS + (this.delays.get(member.contact.key) ?? 0), () => {
        lost.cancel();
        done(answer, member.contact);
      });
    });
  }

  private answerOf(member: Member, from: Contact | undefined, request: OverlayRequest): OverlayResponse | Failed | "silence" {
    const caller = { id: from?.id, claimed: from !== undefined && from.addresses.length > 0 ? from : undefined, host: undefined };
    const honest = () => member.overlay.handle(caller, request);
    const lie = this.lies.get(member.contact.key);
    return lie === undefined ? honest() : lie(request, honest);
  }
}
