import type { Caller, Offer, OnOutcome, OverlayRequest, OverlayResponse, PublishReport, RecordReader } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { Node } from "../../src/node.ts";
import type { NodeOptions } from "../../src/node-options.ts";
import { decodeRequest, decodeResponse, encodeResponse, OVERLAY_ENDPOINTS, OVERLAY_KINDS } from "../../src/overlay-wire.ts";
import type { CallContext } from "../../src/rpc/call-context.ts";
import type { Conduct } from "./conduct.ts";
import type { Inside } from "./observer.ts";

/** How long a request that a node makes up itself may take, ms. */
const OWN_REQUEST_MS = 5_000;

type Invoke = (args: readonly unknown[], call: CallContext) => unknown;

/** A node that lets the simulation publish without being an agent, count what it holds, and decide how it behaves. */
export class ObservedNode extends Node {
  private readonly reader: RecordReader;
  private readonly conduct: () => Conduct | undefined;

  /**
   * @param reader of records, for all nodes of a world: each of them would come to the same verdicts.
   * @param conduct how it behaves now; undefined: as it should.
   */
  constructor(options: NodeOptions, reader: RecordReader, conduct: () => Conduct | undefined) {
    super(options);
    this.reader = reader;
    this.conduct = conduct;
  }

  protected override makeReader(): RecordReader {
    return this.reader;
  }

  offer(offer: Offer): Promise<PublishReport> {
    return new Promise((resolve) => this.overlay.publish(offer, resolve));
  }

  knows(contact: Contact): boolean {
    return this.overlay.membership.table.has(contact);
  }

  send(to: Contact, request: OverlayRequest, done: OnOutcome): void {
    this.overlay.peers.request(to, request, OWN_REQUEST_MS, done);
  }

  /** Withdraws what it offers, as agents do, and stops. */
  async sayGoodbye(): Promise<void> {
    const { overlay } = this;
    await Promise.all(overlay.published.map(({ capability }) => new Promise((resolve) => overlay.withdraw(capability, resolve))));
    await this.stop();
  }

  /** What a disk would have kept for it: the contacts of an earlier life, to be verified anew, and the records it held for others. */
  takeOver(before: ObservedNode): void {
    const { membership, store, runtime } = this.overlay;
    const wallClock = runtime.wallClock();
    for (const contact of before.overlay.membership.table.contacts()) membership.addCandidate(contact);
    for (const key of before.overlay.store.keys())
      for (const record of before.overlay.store.under(key, wallClock)) store.put(key, record, wallClock);
  }

  get inside(): Inside {
    return this.overlay;
  }

  get recordsHeld(): number {
    return this.overlay.store.size;
  }

  /** Before what the overlay would answer stands the conduct of the node, where it has one. Called while the node is being made. */
  protected override builtin(name: string, params: readonly string[], invoke: Invoke): void {
    const kind = kindOf(name);
    if (kind === undefined) super.builtin(name, params, invoke);
    else super.builtin(name, params, (args, call) => this.behave(kind, args, call, invoke));
  }

  private behave(kind: OverlayRequest["kind"], args: readonly unknown[], call: CallContext, invoke: Invoke): unknown {
    const conduct = this.conduct();
    if (conduct === undefined) return invoke(args, call);
    const request: OverlayRequest = kind === "ping" ? { kind } : decodeRequest(kind, args);
    const caller: Caller = { id: call.peerId, claimed: call.peerContact };
    // Nobody passes on what they lie about.
    const honest = (): OverlayResponse => decodeResponse(kind, invoke(args.slice(0, 4), call));
    const answer = conduct.answer(caller, request, honest);
    return answer === undefined ? silence(call.signal) : encodeResponse(answer);
  }
}

function kindOf(endpoint: string): OverlayRequest["kind"] | undefined {
  if (endpoint === "_synapse.ping") return "ping";
  return OVERLAY_KINDS.find((kind) => OVERLAY_ENDPOINTS[kind].name === endpoint);
}

/** Lasts until the caller has given up. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
