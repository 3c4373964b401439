import type { Runtime } from "../dht/index.ts";

const WINDOW_MS = 60_000;

/** Lets so many lines through a minute, and then says how many there were: whoever floods a port is not to flood a log. */
export class Throttle {
  private readonly runtime: Runtime;
  private readonly log: (line: string) => void;
  private readonly most: number;
  private beganAt = Number.NEGATIVE_INFINITY;
  private said = 0;

  constructor(runtime: Runtime, log: (line: string) => void, most: number) {
    this.runtime = runtime;
    this.log = log;
    this.most = most;
  }

  say(line: string): void {
    const now = this.runtime.now();
    if (now - this.beganAt >= WINDOW_MS) {
      if (this.said > this.most) this.log(`… and ${this.said - this.most} more lines like that`);
      this.beganAt = now;
      this.said = 0;
    }
    this.said += 1;
    if (this.said <= this.most) this.log(line);
    else if (this.said === this.most + 1) this.log("… more like that will be counted, not shown, for the rest of this minute");
  }
}
