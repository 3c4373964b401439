import type { World } from "../engine/world.ts";

/** Lets a listener of the trace know when something is wrong, from now on counted. What it is told is no event of the world. */
export function tellOfTrouble({ clock, trace: { listener } }: World, label: string, fromMs: number, untilMs: number): void {
  if (listener === undefined) return;
  clock.schedule(fromMs, () => listener.onFault(label, "begins"));
  clock.schedule(untilMs, () => listener.onFault(label, "ends"));
}
