import { SynapseError } from "../routing/index.ts";
import { MAX_PATHS } from "./disjoint-lookup.ts";
import type { OverlaySettings } from "./settings.ts";

/** How one walk differs from others. */
export interface WalkOptions {
  /**
   * Paths that share no contact, 1 to 8 (S/Kademlia): with 4, adversaries who are a fifth of the network lead hardly anybody astray; with
   * 8, those who are nearly half. Each costs a few requests. Default: the setting `paths`, which is 1.
   */
  readonly paths?: number | undefined;
}

/** @throws SynapseError `bad_options` where `paths` is not 1 to 8. */
export function withPaths(settings: OverlaySettings, paths = settings.paths): OverlaySettings {
  if (Number.isInteger(paths) && paths >= 1 && paths <= MAX_PATHS) return paths === settings.paths ? settings : { ...settings, paths };
  throw new SynapseError("bad_options", `paths must be a whole number from 1 to ${MAX_PATHS}, not ${paths}`);
}
