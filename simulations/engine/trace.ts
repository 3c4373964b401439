import { createHash } from "node:crypto";
import type { Outcome } from "./statistics.ts";

const EVENT_BYTES = 32;
/** Events from one checkpoint to the next: as many as are hashed at once. */
export const CHECKPOINT_EVENTS = 2_048;

/** What happened, as numbers: these are part of every trace hash and are never renumbered. */
export const TraceKind = { request: 1, response: 2, lost: 3, dial: 4, birth: 5, death: 6, result: 7 } as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];

/** Told of everything as it happens, by whoever writes it down. It changes nothing: the hash is the same without it. */
export interface TraceListener {
  /** What is part of the hash. @param what kind of message it is about; empty where there is none. */
  onEvent(kind: TraceKind, atMs: number, from: number, to: number, detail: number, what: string): void;
  /** A member begins something; gives what is to be told how it ended. @param about what it looks for or offers. */
  onOperation(operation: string, node: number, about: string): (outcome: Outcome) => void;
  /** Something begins to be wrong with the network, or ends. */
  onFault(label: string, phase: "begins" | "ends"): void;
  /** A node that was gone is there again. */
  onReturn(node: number): void;
}

/** A running hash over everything that happens: two runs are the same if and only if their hashes are. */
export class Trace {
  /** Undefined: nobody listens, and nothing is made to be told. */
  listener: TraceListener | undefined;
  /** Told the hash so far, as hex, after every {@link CHECKPOINT_EVENTS} events. */
  onCheckpoint: ((hash: string) => void) | undefined;
  private readonly hash = createHash("sha256");
  private readonly buffer = Buffer.alloc(EVENT_BYTES * CHECKPOINT_EVENTS);
  private used = 0;
  private digest: string | undefined;

  /** @param detail any whole number that belongs to the event: its size, a count. @param what for the listener alone. */
  note(kind: TraceKind, atMs: number, from: number, to: number, detail: number, what = ""): void {
    this.listener?.onEvent(kind, atMs, from, to, detail, what);
    const { buffer, used } = this;
    buffer.writeDoubleLE(atMs, used);
    buffer.writeInt32LE(kind, used + 8);
    buffer.writeInt32LE(from, used + 12);
    buffer.writeInt32LE(to, used + 16);
    buffer.writeDoubleLE(detail, used + 20);
    this.used += EVENT_BYTES;
    if (this.used === buffer.length) this.flushFull();
  }

  /** The hash of all that was noted, as hex; nothing may be noted afterwards. */
  finish(): string {
    if (this.digest === undefined) {
      this.flush();
      this.digest = this.hash.digest("hex");
    }
    return this.digest;
  }

  /** The hash of all that was noted so far, as hex. */
  soFar(): string {
    if (this.digest !== undefined) return this.digest;
    this.flush();
    return this.hash.copy().digest("hex");
  }

  private flushFull(): void {
    this.flush();
    this.onCheckpoint?.(this.hash.copy().digest("hex"));
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.used));
    this.used = 0;
  }
}
