import { asSynapseError, type SynapseError } from "../errors.ts";
import { Budget, costOf } from "./budget.ts";
import { ChunkAssembler } from "./chunk-assembler.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { asMap } from "./messages.ts";
import { peek, type Subject } from "./msgpack-peek.ts";
import type { DecodeMeter } from "./serializer.ts";

/** Told by the serializer, message by message, how much each held. */
const METER: DecodeMeter = { values: 0 };

/** A message that has arrived. */
export interface Arrival {
  readonly map: Record<string, unknown>;
  /** What it takes here, bytes: many small values take more than they did on the wire. */
  readonly cost: number;
}

/** Told of pieces that break the rules: whose they were, nobody can be told. */
export interface InboxOwner {
  onFault(error: SynapseError): void;
}

/** Makes messages of what arrives over a link: decodes it, and puts the pieces of long ones together. */
export class Inbox {
  private readonly host: ConnectionHost;
  private readonly owner: InboxOwner;
  private chunks: ChunkAssembler | undefined;
  private holding: Budget | undefined;
  /** What is being read. */
  private last: Uint8Array | undefined;
  /** A piece broke the rules: what follows is not looked at, the link is closing. */
  private isBroken = false;

  constructor(host: ConnectionHost, owner: InboxOwner) {
    this.host = host;
    this.owner = owner;
  }

  /** For what this link makes the process hold. */
  get budget(): Budget {
    const { limits, incomingBudget } = this.host;
    this.holding ??= new Budget(limits.maxBufferedBytes, "maxBufferedBytes", incomingBudget);
    return this.holding;
  }

  /**
   * The message in these bytes, or the one that they complete; undefined where more pieces have to follow.
   * @throws SynapseError `bad_request`.
   */
  read(bytes: Uint8Array, mayBePiece: boolean): Arrival | undefined {
    if (this.isBroken) return undefined;
    const arrival = this.decode(bytes);
    if (!mayBePiece || arrival.map["type"] !== "chunk") return arrival;
    const whole = this.join(arrival);
    return whole && this.decode(whole);
  }

  /** The message has been dealt with: an idle link is not to hold on to the last that came over it. */
  forget(): void {
    this.last = undefined;
  }

  /** Forgets what is incomplete: the link has closed. */
  drop(): void {
    this.chunks?.drop();
  }

  /** What the last message is about that could not be understood, if that can be told. */
  get subject(): Subject | undefined {
    return this.last && peek(this.last);
  }

  private decode(bytes: Uint8Array): Arrival {
    this.last = bytes;
    METER.values = bytes.length >> 3; // for serializers that do not tell
    const map = asMap(this.host.serializer.decode(bytes, METER));
    return { map, cost: costOf(bytes.length, METER.values) };
  }

  private join({ map, cost }: Arrival): Uint8Array | undefined {
    try {
      this.chunks ??= this.makeAssembler();
      return this.chunks.add(map, cost);
    } catch (error) {
      this.isBroken = true;
      this.owner.onFault(asSynapseError(error));
      return undefined;
    }
  }

  private makeAssembler(): ChunkAssembler {
    const { limits, runtime } = this.host;
    const { maxFrameBytes, frameTimeoutMs } = limits;
    const onOverdue = (error: SynapseError) => this.owner.onFault(error);
    return new ChunkAssembler({ maxMessageBytes: maxFrameBytes, frameTimeoutMs, budget: this.budget, runtime, onOverdue });
  }
}
