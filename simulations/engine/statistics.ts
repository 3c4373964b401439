/** Numbers collected over a run; as many as the scenario makes operations. */
export class Samples {
  private readonly values: number[] = [];
  private sorted = true;

  add(value: number): void {
    this.values.push(value);
    this.sorted = false;
  }

  get count(): number {
    return this.values.length;
  }

  /** 0 when there are none. */
  get mean(): number {
    if (this.values.length === 0) return 0;
    return this.values.reduce((sum, value) => sum + value, 0) / this.values.length;
  }

  /** Points of the cumulative distribution: values, and the part of all that does not exceed each. */
  curve(points: number): (readonly [number, number])[] {
    const parts = Array.from({ length: Math.min(points, this.values.length) }, (_, n) => (n + 1) / Math.min(points, this.values.length));
    return parts.map((part) => [this.quantile(part), part] as const);
  }

  /** The smallest value that at least this part (0 … 1) of all values do not exceed: nearest rank. 0 when there are none. */
  quantile(part: number): number {
    if (!this.sorted) {
      this.values.sort((a, b) => a - b);
      this.sorted = true;
    }
    const rank = Math.max(1, Math.ceil(part * this.values.length));
    return this.values[rank - 1] ?? 0;
  }
}

/** How values are spread, in their unit. */
interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

export interface OperationFigures {
  readonly count: number;
  /** Part of the operations that did what they were for, 0 … 1. */
  readonly success: number;
  /** Part of the true answer that was found, 0 … 1, on average. */
  readonly recall: number;
  readonly hops: { readonly mean: number; readonly p50: number; readonly p99: number };
  readonly requests: { readonly mean: number; readonly p99: number };
  readonly latencyMs: Spread;
  /** Of operations that give what they find one by one: time to the first, where there was one. */
  readonly firstMs?: Spread;
}

/** What came of one operation. */
export interface Outcome {
  readonly success: boolean;
  /** Part of the true answer that was found, 0 … 1. */
  readonly recall: number;
  readonly hops: number;
  readonly requests: number;
  readonly ms: number;
  /** Until the first of what it gives, where it gives that before its end. */
  readonly firstMs?: number | undefined;
}

/** What came of one kind of operation. */
export class OperationStatistics {
  private readonly success = new Samples();
  private readonly recall = new Samples();
  private readonly hops = new Samples();
  private readonly requests = new Samples();
  private readonly latency = new Samples();
  private readonly first = new Samples();

  /** Told of each as it comes. */
  readonly onOutcome: ((outcome: Outcome) => void)[] = []; // added before a run, by whoever records it

  add(outcome: Outcome): void {
    for (const tell of this.onOutcome) tell(outcome);
    this.success.add(outcome.success ? 1 : 0);
    this.recall.add(outcome.recall);
    this.hops.add(outcome.hops);
    this.requests.add(outcome.requests);
    this.latency.add(outcome.ms);
    if (outcome.firstMs !== undefined) this.first.add(outcome.firstMs);
  }

  /** The distributions, each as at most `points` points of its cumulative curve. */
  curves(points: number): { readonly what: string; readonly unit: string; readonly points: (readonly [number, number])[] }[] {
    if (this.success.count === 0) return [];
    return [
      { what: "latency", unit: "ms", points: this.latency.curve(points) },
      ...(this.first.count > 0 ? [{ what: "time to the first", unit: "ms", points: this.first.curve(points) }] : []),
      { what: "hops", unit: "", points: this.hops.curve(points) },
      { what: "requests", unit: "", points: this.requests.curve(points) },
    ];
  }

  figures(): OperationFigures {
    const { success, recall, hops, requests, latency } = this;
    return {
      count: success.count,
      success: round(success.mean, 5),
      recall: round(recall.mean, 5),
      hops: { mean: round(hops.mean, 2), p50: hops.quantile(0.5), p99: hops.quantile(0.99) },
      requests: { mean: round(requests.mean, 2), p99: requests.quantile(0.99) },
      latencyMs: spreadOf(latency),
      ...(this.first.count > 0 && { firstMs: spreadOf(this.first) }),
    };
  }
}

function spreadOf(samples: Samples): Spread {
  const at = (part: number) => round(samples.quantile(part), 1);
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
