import type { World } from "../engine/world.ts";
import { type Window, windowsOf } from "../faults/fault-spec.ts";
import { isInShare } from "../faults/share.ts";
import { tellOfTrouble } from "../faults/tell.ts";
import type { Mark } from "../recording.ts";
import type { Population } from "../scenarios/population.ts";
import type { AdversarySpec } from "./adversary-spec.ts";
import { Crew } from "./crew.ts";

/** Stretches that a report can show. */
const MAX_MARKS = 200;
/** Sets the hosts that turn apart from those that faults strike. */
const SALT = 0x5eed;

interface Party {
  readonly spec: AdversarySpec;
  readonly crew: Crew;
}

/** Lets the adversaries of a scenario come and go at their times. */
export class AdversaryPlan {
  /** In virtual time. */
  readonly marks: Mark[] = []; // at most MAX_MARKS
  private readonly world: World;
  private readonly parties: readonly Party[];

  constructor(world: World, population: Population, specs: readonly AdversarySpec[]) {
    this.world = world;
    this.parties = specs.map((spec, number) => ({ spec, crew: new Crew(world, population, spec, number) }));
    for (const { spec, crew } of this.parties) if (isFromBirth(spec)) crew.begin();
  }

  /** Whether the node that comes next while the network grows is one of them; it has come then. No node is one of two crews. */
  takesNext(): boolean {
    let upTo = 0;
    for (const { spec, crew } of this.parties) {
      if (!("share" in spec)) continue;
      upTo += spec.share;
      if (!isInShare(upTo, SALT, this.world.nodes.length)) continue;
      crew.enlist();
      return true;
    }
    return false;
  }

  /** @param durationMs of the measured part, which begins now. */
  begin(durationMs: number): void {
    for (const party of this.parties) for (const window of windowsOf(party.spec, durationMs)) this.schedule(party, window);
  }

  private schedule({ spec, crew }: Party, { fromMs, untilMs }: Window): void {
    const { clock } = this.world;
    const isHereAlready = isFromBirth(spec);
    const from = isHereAlready ? 0 : clock.now + fromMs;
    const label = labelOf(spec);
    if (this.marks.length < MAX_MARKS) this.marks.push({ label, fromMs: from, untilMs: clock.now + untilMs });
    tellOfTrouble(this.world, label, fromMs, untilMs);
    if (!isHereAlready) clock.schedule(fromMs, () => crew.begin());
    clock.schedule(untilMs, () => crew.end());
  }
}

/** A share of the members without a beginning is like that from its first moment. */
function isFromBirth(spec: AdversarySpec): boolean {
  return "share" in spec && spec.fromMs === undefined && spec.everyMs === undefined;
}

function labelOf(spec: AdversarySpec): string {
  const who = "share" in spec ? `${Number((100 * spec.share).toPrecision(2))} %` : `${spec.count}`;
  return `${who} ${spec.adversary}`;
}
