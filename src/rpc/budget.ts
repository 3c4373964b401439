import { OverLimit } from "../limit-counts.ts";

/** Memory that a decoded value takes at least, bytes: an empty map is one byte on the wire. */
const VALUE_BYTES = 64;

/** What a decoded message takes, as far as that can be told: bytes. */
export function costOf(bytes: number, values: number): number {
  return bytes + values * VALUE_BYTES;
}

/** Memory that others may make this process hold: of one link, and of all together. */
export class Budget {
  private readonly most: number;
  private readonly limit: "maxBufferedBytes" | "maxBufferedBytesInAll";
  /** The budget that this one is part of. */
  private readonly whole: Budget | undefined;
  private used = 0;

  constructor(most: number, limit: Budget["limit"], whole?: Budget) {
    this.most = most;
    this.limit = limit;
    this.whole = whole;
  }

  get bytes(): number {
    return this.used;
  }

  /** @throws OverLimit `busy` when there is no room. */
  take(bytes: number): void {
    if (this.used + bytes > this.most)
      throw new OverLimit(this.limit, "busy", `more than ${this.most} bytes wait here to be read, or to be done with`, { retryable: true });
    this.whole?.take(bytes);
    this.used += bytes;
  }

  giveBack(bytes: number): void {
    this.used -= bytes;
    this.whole?.giveBack(bytes);
  }
}
