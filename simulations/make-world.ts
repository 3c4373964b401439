import { NodeWorld } from "./engine/node-world.ts";
import { OverlayWorld } from "./engine/overlay-world.ts";
import type { World } from "./engine/world.ts";
import type { Models } from "./models.ts";
import type { Scenario } from "./scenarios/scenario.ts";

/** The world of a scenario, in which nobody has been born yet. */
export function makeWorld({ seed, links, overlay, level }: Scenario, { latency, hosts }: Models): World {
  const options = { seed, latency, hosts, links, overlay, swarm: "simulation" };
  return level === "overlay" ? new OverlayWorld(options) : new NodeWorld(options);
}
