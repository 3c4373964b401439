import type { AdversarySpec } from "./adversary-spec.ts";
import { droppers } from "./droppers.ts";
import { forgers } from "./forgers.ts";
import { groundIds } from "./ground-ids.ts";
import { hiders } from "./hiders.ts";
import { liars } from "./liars.ts";
import { poisoners } from "./poisoners.ts";
import { recordFlood } from "./record-flood.ts";
import type { Plot, Scheme } from "./scheme.ts";
import { silent } from "./silent.ts";
import { sybils } from "./sybils.ts";

/** @throws SynapseError `bad_options`. */
export function schemeOf(spec: AdversarySpec, plot: Plot): Scheme {
  switch (spec.adversary) {
    case "droppers":
      return droppers(plot);
    case "liars":
      return liars(plot, spec);
    case "silent":
      return silent(plot, spec);
    case "hiders":
      return hiders(plot, spec);
    case "ground-ids":
      return groundIds(plot, spec);
    case "poisoners":
      return poisoners(plot, spec);
    case "sybils":
      return sybils(spec);
    case "record-flood":
      return recordFlood(plot, spec);
    case "forgers":
      return forgers(plot, spec);
  }
}
