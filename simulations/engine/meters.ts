/** Keys whose load is counted one by one. */
const MAX_KEYS = 10_000;

export interface KindMeter {
  messages: number;
  bytes: number;
}

/** How often a key was asked for, by the node that was asked. */
export type KeyMeter = Map<number, number>; // at most one entry for each node that was asked

/** Who had to do how much, for reports. Counting changes nothing in the world. */
export class Meters {
  /** Requests answered, by the index of the node. */
  readonly answered: number[] = []; // one for each node ever born
  /** By kind of request, its answers included; one for each kind. */
  readonly kinds = new Map<string, KindMeter>();
  /** By key as hex; at most MAX_KEYS. */
  readonly keys = new Map<string, KeyMeter>();

  /** A request has arrived. @param key what is asked for, where it is a key of records. */
  request(kind: string, node: number, bytes: number, key?: () => string): void {
    this.answered[node] = (this.answered[node] ?? 0) + 1;
    this.message(kind, bytes);
    if (key !== undefined) this.countKey(key(), node);
  }

  /** A message that is no request. */
  message(kind: string, bytes: number): void {
    let meter = this.kinds.get(kind);
    if (meter === undefined) {
      meter = { messages: 0, bytes: 0 };
      this.kinds.set(kind, meter);
    }
    meter.messages += 1;
    meter.bytes += bytes;
  }

  /** Forgets what was counted: the measured part begins. */
  reset(): void {
    this.answered.length = 0;
    this.kinds.clear();
    this.keys.clear();
  }

  private countKey(key: string, node: number): void {
    let meter = this.keys.get(key);
    if (meter === undefined) {
      if (this.keys.size >= MAX_KEYS) return;
      meter = new Map();
      this.keys.set(key, meter);
    }
    meter.set(node, (meter.get(node) ?? 0) + 1);
  }
}
