import { commonPrefixLength, type NodeId, sameId } from "../../routing/index.ts";
import type { SimNode, World } from "../engine/world.ts";
import type { LookupObserver } from "../scenarios/workload.ts";

/** Requests of one lookup that are kept. */
const MAX_REQUESTS = 100;

export interface WalkRequest {
  readonly to: string;
  readonly sentMs: number;
  endedMs: number;
  outcome: "answered" | "failed";
  readonly sharedBits: number;
}

export interface Walk {
  readonly asker: SimNode;
  readonly target: NodeId;
  readonly requests: WalkRequest[]; // at most MAX_REQUESTS
  /** Keys of what it ended with. */
  result: ReadonlySet<string>;
}

/** Keeps the last lookup that has ended, request by request. */
export class WalkRecorder implements LookupObserver {
  last: Walk | undefined;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  onLookup(asker: SimNode, target: NodeId): (keys: ReadonlySet<string>) => void {
    const { clock } = this.world;
    const beganAt = clock.now;
    const walk: Walk = { asker, target, requests: [], result: new Set() };
    const stop = asker.observe((to, asked) => {
      if (asked === undefined || !sameId(asked, target) || walk.requests.length >= MAX_REQUESTS) return undefined;
      const sentMs = clock.now - beganAt;
      const request: WalkRequest = {
        to: to.key,
        sentMs,
        endedMs: sentMs,
        outcome: "failed",
        sharedBits: commonPrefixLength(to.id, target),
      };
      walk.requests.push(request);
      return (answered) => {
        request.endedMs = clock.now - beganAt;
        if (answered) request.outcome = "answered";
      };
    });
    return (keys) => {
      stop();
      walk.result = keys;
      if (walk.requests.length > 0) this.last = walk;
    };
  }
}
