import type { OperationStatistics, Outcome } from "../engine/statistics.ts";
import type { World } from "../engine/world.ts";
import type { Series, SeriesColumn } from "../recording.ts";

/** Steps of a whole run; the last may be short. */
const STEPS = 300;

interface Column {
  readonly name: string;
  readonly unit: string;
  readonly values: (number | null)[]; // one a step
  /** What the step that ends now is worth. */
  readonly read: () => number | null;
}

/** How a run went, step by step of virtual time. */
export class SeriesRecorder {
  private readonly world: World;
  private readonly stepMs: number;
  private readonly columns: Column[] = []; // as many as are added before the run

  constructor(world: World, totalMs: number) {
    this.world = world;
    this.stepMs = Math.max(1, totalMs / STEPS);
  }

  /** Something that can be read at any moment. */
  add(name: string, unit: string, read: () => number | null): void {
    this.columns.push({ name, unit, read, values: [] });
  }

  /** The growth of a counter, a second. */
  addRate(name: string, unit: string, counter: () => number, per: () => number = () => 1): void {
    let last = 0;
    this.add(name, unit, () => {
      const now = counter();
      const rate = (now - last) / (this.stepMs / 1_000) / Math.max(1, per());
      last = now;
      return rate;
    });
  }

  /** The mean of something over the operations that ended in each step; null where none did. */
  addMean(name: string, unit: string, statistics: OperationStatistics, value: (outcome: Outcome) => number): void {
    let sum = 0;
    let count = 0;
    statistics.onOutcome.push((outcome) => {
      sum += value(outcome);
      count += 1;
    });
    this.add(name, unit, () => {
      const mean = count === 0 ? null : sum / count;
      sum = 0;
      count = 0;
      return mean;
    });
  }

  begin(): void {
    this.world.clock.schedule(this.stepMs, () => {
      for (const column of this.columns) column.values.push(column.read());
      this.begin();
    });
  }

  series(): Series {
    const columns = this.columns.map(({ name, unit, values }): SeriesColumn => ({ name, unit, values }));
    return { stepMs: this.stepMs, columns };
  }
}
