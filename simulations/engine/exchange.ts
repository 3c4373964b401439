import { type Caller, failed, type OnOutcome, type OverlayRequest, type OverlayResponse } from "../../dht/index.ts";
import { type Contact, toHex } from "../../routing/index.ts";
import type { Happening } from "./clock.ts";
import { GIVEN_UP_MS } from "./link-costs.ts";
import type { SharedLink } from "./link-set.ts";
import { requestBytes, responseBytes } from "./message-size.ts";
import type { Life, OverlayNode } from "./overlay-node.ts";
import type { OverlayWorld } from "./overlay-world.ts";
import { TraceKind } from "./trace.ts";

/** Who asks for a proof: nobody in particular. */
const STRANGER: Caller = { id: undefined, claimed: undefined };

/** One request and its answer on their way. Every message either way counts as use of the link. */
export class Exchange implements Happening {
  private readonly world: OverlayWorld;
  private readonly asker: OverlayNode;
  private readonly target: OverlayNode;
  private readonly request: OverlayRequest;
  private readonly requestSize: number;
  private readonly link: SharedLink;
  /** Until the link is there, ms; 0 when it was. */
  private readonly setup: number;
  private readonly deadline: number;
  private readonly done: OnOutcome;
  /** The life of the asker that wants to know. */
  private readonly life: Life;
  private readonly isPassing: boolean;
  /** As far as the link proves it. */
  private readonly reached: Contact | undefined;
  /** Undefined while the request is under way. */
  private response: OverlayResponse | undefined;
  private responseSize = 0;
  /** What is sent now waits for its link, and leaves then. */
  private isWaiting = false;
  /** How long what is sent now takes once it has left, ms. */
  private wayMs = 0;
  private isLost = false;

  constructor(
    world: OverlayWorld,
    asker: OverlayNode,
    target: OverlayNode,
    request: OverlayRequest,
    link: SharedLink,
    timeoutMs: number,
    done: OnOutcome,
    isPassing: boolean,
  ) {
    const { now } = world.clock;
    this.world = world;
    this.asker = asker;
    this.target = target;
    this.request = request;
    this.requestSize = requestBytes(request);
    this.link = link;
    this.setup = Math.max(0, link.readyAt - now);
    this.deadline = now + timeoutMs;
    this.done = done;
    this.life = asker.life;
    this.isPassing = isPassing;
    this.reached = asker.dialled.get(target.index, now) === link ? target.contact : undefined;
  }

  begin(): void {
    this.send(this.asker, this.target, this.setup);
  }

  happen(): boolean {
    if (this.isWaiting) this.leave();
    else if (this.response === undefined) this.arrive();
    else this.deliver(this.response);
    return true;
  }

  /** The request has arrived where it was sent to. */
  private arrive(): void {
    const { world, asker, target, link, setup } = this;
    const { now } = world.clock;
    const isInTime = now <= this.deadline;
    if (!target.isAlive) {
      if (setup > 0) link.close(); // it was never set up
      if (isInTime) this.lose();
      return;
    }
    if (setup > 0 && !this.isPassing) target.inbound.set(asker.index, link, now);
    link.use(now);
    const willAnswer = this.serve((response) => {
      if (isInTime) this.reply(response);
    });
    if (!isInTime || this.response !== undefined || this.isLost) return;
    if (!willAnswer) this.lose();
    // Whoever asks others first may be gone before it has answered.
    else world.clock.schedule(this.deadline - now, () => this.response ?? this.lose(), this.life);
  }

  private serve(respond: (response: OverlayResponse) => void): boolean {
    const { world, asker, target, request, requestSize } = this;
    world.traffic.messages += 1;
    world.traffic.bytes += requestSize;
    world.trace.note(TraceKind.request, world.clock.now, asker.index, target.index, requestSize, request.kind);
    world.meters.request(request.kind, target.index, requestSize, request.kind === "find_records" ? () => toHex(request.key) : undefined);
    return target.answer(asker, request, respond, this.isPassing ? { ...STRANGER, host: asker.host.ip } : asker.caller);
  }

  private reply(response: OverlayResponse): void {
    if (this.isLost) return;
    this.response = response;
    this.responseSize = responseBytes(response);
    this.send(this.target, this.asker, 0);
  }

  private deliver(response: OverlayResponse): void {
    const { world, asker, target, responseSize } = this;
    this.link.use(world.clock.now);
    if (!asker.isAlive) return;
    world.traffic.messages += 1;
    world.traffic.bytes += responseSize;
    world.trace.note(TraceKind.response, world.clock.now, target.index, asker.index, responseSize, response.kind);
    world.meters.message(response.kind, responseSize);
    if (this.life.isAlive) this.done(response, this.reached);
  }

  /** Sends the response, or the request while there is none. A link that it breaks is closed, and it never gets through. */
  private send(from: OverlayNode, to: OverlayNode, setup: number): void {
    const { clock, options, weather, problems } = this.world;
    const { now } = clock;
    this.link.use(now);
    const way = options.latency.sampleMs(from.place, to.place, weather);
    const fate = problems.fateOf(from.index, to.index);
    if (fate.broken || fate.heldUntilMs - now > GIVEN_UP_MS) {
      this.link.close();
      this.lose();
      return;
    }
    this.wayMs = way + fate.addMs + to.host.properties.processingMs;
    const ready = Math.max(now + setup, fate.heldUntilMs);
    this.isWaiting = ready > now && from.host.isNarrow;
    if (!this.isWaiting) this.leaveAt(ready, from);
    else if (this.isHeeded(ready + this.wayMs)) clock.enqueue(ready - now, this);
  }

  /** What has waited for its link gets in line only now: whatever its host has sent since went before it. */
  private leave(): void {
    this.isWaiting = false;
    this.leaveAt(this.world.clock.now, this.response === undefined ? this.asker : this.target);
  }

  private leaveAt(ready: number, { host }: OverlayNode): void {
    const { clock } = this.world;
    const bytes = this.response === undefined ? this.requestSize : this.responseSize;
    const arrival = ready + host.sendingMs(bytes, ready) + this.wayMs;
    if (this.isHeeded(arrival)) clock.enqueue(arrival - clock.now, this);
  }

  /** Whether anything comes of a message that arrives then: a request that is too late for an answer does what it does all the same. */
  private isHeeded(arrival: number): boolean {
    const isLate = arrival > this.deadline;
    if (isLate && !this.isLost) this.lose();
    return !isLate || this.response === undefined;
  }

  /** Nothing comes back, and at the deadline that is noticed; at once where the machine says that nobody is there any more. */
  private lose(): void {
    const { world, asker, target, request, deadline } = this;
    this.isLost = true;
    const { now } = world.clock;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, now, asker.index, target.index, 0, request.kind);
    const isRefused = !target.isAlive && target.host.properties.refuses;
    const afterMs = isRefused ? world.options.latency.oneWayMs(target.place, asker.place) : Number.POSITIVE_INFINITY;
    world.clock.schedule(Math.max(0, Math.min(deadline - now, afterMs)), () => this.done(failed("timeout", "no answer")), this.life);
  }
}
