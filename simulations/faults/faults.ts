import type { RandomStream } from "../engine/random.ts";
import type { FaultSpec } from "./fault-spec.ts";
import { isInShare } from "./share.ts";

/** What becomes of one message. */
export interface Fate {
  /** Its link has broken, and it is lost. */
  readonly broken: boolean;
  /** How much longer it takes, ms. */
  readonly addMs: number;
  /** It cannot get through before this moment of virtual time; 0 when nothing holds it. */
  readonly heldUntilMs: number;
}

const FINE: Fate = { broken: false, addMs: 0, heldUntilMs: 0 };

interface Active {
  readonly spec: FaultSpec;
  /** Its number in the scenario: hosts are drawn anew for each. */
  readonly salt: number;
  /** Of virtual time. */
  readonly untilMs: number;
}

/** The faults that are there now, and what they do to messages and hosts. Both levels ask it, so that both suffer the same. */
export class Faults {
  private readonly random: RandomStream;
  private readonly active: Active[] = []; // at most those of the scenario

  constructor(random: RandomStream) {
    this.random = random;
  }

  begin(spec: FaultSpec, salt: number, untilMs: number): void {
    this.active.push({ spec, salt, untilMs });
  }

  end(spec: FaultSpec): void {
    const index = this.active.findIndex((active) => active.spec === spec);
    if (index >= 0) this.active.splice(index, 1);
  }

  /** What becomes of a message between two hosts, named by their indices. */
  fateOf(from: number, to: number): Fate {
    if (this.active.length === 0) return FINE;
    let broken = false;
    let addMs = 0;
    let heldUntilMs = 0;
    for (const { spec, salt, untilMs } of this.active) {
      if (spec.fault === "loss") broken = this.random.next() < spec.rate || broken;
      else if (spec.fault === "delay") addMs += this.random.next() < spec.rate ? spec.addMs : 0;
      else if (isCut(spec, salt, from, to)) heldUntilMs = Math.max(heldUntilMs, untilMs);
    }
    return { broken, addMs, heldUntilMs };
  }

  /** Whether a host takes no records now. */
  refusesStores(host: number): boolean {
    return this.active.some(({ spec, salt }) => spec.fault === "refuse-stores" && isInShare(spec.share, salt, host));
  }
}

function isCut(spec: FaultSpec, salt: number, from: number, to: number): boolean {
  if (spec.fault === "clog") return isInShare(spec.share, salt, Math.min(from, to), Math.max(from, to));
  if (spec.fault !== "partition") return false;
  const [isFromMinor, isToMinor] = [isInShare(spec.share, salt, from), isInShare(spec.share, salt, to)];
  return isFromMinor !== isToMinor && (isFromMinor || !spec.oneWay);
}
