/** What is simulated to be measured: options of `synapse sim run`, so that everybody can run it without this benchmark. */
export interface Case {
  readonly name: string;
  readonly options: readonly string[];
  readonly atLeast?: { readonly messagesPerSecond?: number; readonly virtualPerReal?: number };
  /** Bytes of memory. */
  readonly atMostBytes?: number;
  /**
   * Old objects may take so much, MiB: garbage is collected as late as it may be, so what a world needs shows only where there is no more.
   */
  readonly oldSpaceMiB?: number;
  /** Whether its bytes a node are part of the way to a million. */
  readonly isStepOnTheWay?: true;
  /** Takes many minutes: only with --large. */
  readonly isLarge?: true;
}

const MIB = 1024 ** 2;

/** Large networks grow fast, by the real protocol: fifty newcomers a second and more. */
const grown = (nodes: number, growthMs: number) => `bench/sim/grown-${nodes}-${growthMs}.json`;

export const CASES: readonly Case[] = [
  {
    name: "1,000 nodes, quiet",
    options: ["baseline", "--nodes", "1000", "--seed", "7"],
    atLeast: { messagesPerSecond: 200_000 },
  },
  {
    name: "1,000 nodes, mean session 1 h",
    options: ["baseline", "--nodes", "1000", "--seed", "7", "--churn", "1h"],
    atLeast: { virtualPerReal: 100 },
  },
  {
    name: "100 nodes, mean session 1 h",
    options: ["baseline", "--nodes", "100", "--seed", "7", "--churn", "1h", "--duration", "10h"],
    atLeast: { virtualPerReal: 1_000 },
  },
  {
    name: "100 whole nodes, with the real codec",
    options: ["baseline", "--nodes", "100", "--seed", "7", "--duration", "10m", "--level", "node"],
    atLeast: { messagesPerSecond: 50_000 },
  },
  {
    name: "1,000 nodes, grown in 20 s",
    options: [grown(1_000, 20)],
    isStepOnTheWay: true,
  },
  {
    name: "10,000 nodes, grown in 200 s",
    options: [grown(10_000, 20)],
    atMostBytes: 1_024 * MIB,
    oldSpaceMiB: 768,
    isStepOnTheWay: true,
  },
  {
    name: "100,000 nodes, grown in 1,000 s",
    options: [grown(100_000, 10)],
    atMostBytes: 4_096 * MIB,
    oldSpaceMiB: 3_840,
    isStepOnTheWay: true,
    isLarge: true,
  },
];
