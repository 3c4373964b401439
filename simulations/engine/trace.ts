import { createHash } from "node:crypto";

const EVENT_BYTES = 32;
const BUFFERED_EVENTS = 2_048;

/** What happened, as numbers: these are part of every trace hash and are never renumbered. */
export const TraceKind = { request: 1, response: 2, lost: 3, dial: 4, birth: 5, death: 6, result: 7 } as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];

/** A running hash over everything that happens: two runs are the same if and only if their hashes are. */
export class Trace {
  private readonly hash = createHash("sha256");
  private readonly buffer = Buffer.alloc(EVENT_BYTES * BUFFERED_EVENTS);
  private used = 0;
  private digest: string | undefined;

  /** @param detail any whole number that belongs to the event: its size, a count. */
  note(kind: TraceKind, atMs: number, from: number, to: number, detail: number): void {
    const { buffer, used } = this;
    buffer.writeDoubleLE(atMs, used);
    buffer.writeInt32LE(kind, used + 8);
    buffer.writeInt32LE(from, used + 12);
    buffer.writeInt32LE(to, used + 16);
    buffer.writeDoubleLE(detail, used + 20);
    this.used += EVENT_BYTES;
    if (this.used === buffer.length) this.flush();
  }

  /** The hash of all that was noted, as hex; nothing may be noted afterwards. */
  finish(): string {
    if (this.digest === undefined) {
      this.flush();
      this.digest = this.hash.digest("hex");
    }
    return this.digest;
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.used));
    this.used = 0;
  }
}
