import { NodeWorld } from "../engine/node-world.ts";
import type { WorldOptions } from "../engine/world.ts";

/** Agents are numbered from here on, above all nodes that a world can have. */
const FIRST_AGENT = 1_000_000;

/** Whole nodes, and beside them agents that users bring along. */
export class AgentWorld extends NodeWorld {
  private agents = 0;

  constructor(options: WorldOptions) {
    super(options);
  }

  /** The number of an agent that is to be born. */
  nextAgent(): number {
    this.agents += 1;
    return FIRST_AGENT + this.agents - 1;
  }

  /** Something went wrong where nobody listens. */
  blame(fault: string): void {
    if (this.faults.length < 100) this.faults.push(fault);
  }
}
