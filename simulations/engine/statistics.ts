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

export interface OperationFigures {
  readonly count: number;
  /** Part of the operations that did what they were for, 0 … 1. */
  readonly success: number;
  /** Part of the true answer that was found, 0 … 1, on average. */
  readonly recall: number;
  readonly hops: { readonly mean: number; readonly p50: number; readonly p99: number };
  readonly requests: { readonly mean: number; readonly p99: number };
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p95: number; readonly p99: number };
}

/** What came of one operation. */
export interface Outcome {
  readonly success: boolean;
  /** Part of the true answer that was found, 0 … 1. */
  readonly recall: number;
  readonly hops: number;
  readonly requests: number;
  readonly ms: number;
}

/** What came of one kind of operation. */
export class OperationStatistics {
  private readonly success = new Samples();
  private readonly recall = new Samples();
  private readonly hops = new Samples();
  private readonly requests = new Samples();
  private readonly latency = new Samples();

  /** Told of each as it comes. */
  readonly onOutcome: ((outcome: Outcome) => void)[] = []; // added before a run, by whoever records it

  add(outcome: Outcome): void {
    for (const tell of this.onOutcome) tell(outcome);
    this.success.add(outcome.success ? 1 : 0);
    this.recall.add(outcome.recall);
    this.hops.add(outcome.hops);
    this.requests.add(outcome.requests);
    this.latency.add(outcome.ms);
  }

  /** The distributions, each as at most `points` points of its cumulative curve. */
  curves(points: number): { readonly what: string; readonly unit: string; readonly points: (readonly [number, number])[] }[] {
    if (this.success.count === 0) return [];
    return [
      { what: "latency", unit: "ms", points: this.latency.curve(points) },
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
      latencyMs: {
        p50: round(latency.quantile(0.5), 1),
        p90: round(latency.quantile(0.9), 1),
        p95: round(latency.quantile(0.95), 1),
        p99: round(latency.quantile(0.99), 1),
      },
    };
  }
}

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
