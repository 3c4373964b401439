import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPrivate } from "../address.ts";
import { SynapseError } from "../errors.ts";
import { canonicalIp } from "../host-spelling.ts";
import type { Provenance } from "./transport.ts";

/**
 * Names of peers' choice that are looked up at once. The system does that on the few threads on which this process reads its files too, for
 * as long as a name server likes to take; those beyond are not waited for.
 */
export const MAX_LOOKUPS = 8;

/** How the system looks up a name. */
export type LookupAll = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** Looks up names that peers have named: few at once, and where they must not lead home, for what is on the internet alone. */
export class NameResolver {
  private readonly lookUp: LookupAll;
  private underWay = 0; // at most MAX_LOOKUPS

  constructor(lookUp: LookupAll = systemLookup) {
    this.lookUp = lookUp;
  }

  /** As `net.connect` takes it. Undefined for what the user has named: the system's own way. */
  for(provenance: Provenance): LookupFunction | undefined {
    if (provenance === "user") return undefined;
    return (host, options, done) => {
      if (this.underWay >= MAX_LOOKUPS) {
        process.nextTick(done, tooMany(host), []);
        return;
      }
      this.underWay += 1;
      this.lookUp(host, { ...options, all: true }, (error, found) => {
        this.underWay -= 1;
        const usable = provenance === "home" ? found : (found ?? []).filter(({ address }) => !isPrivate(canonicalIp(address)));
        const [first] = usable ?? [];
        if (error !== null) done(error, []);
        else if (first === undefined) done(leadsHome(host), []);
        else if (options.all === true) done(null, usable);
        else done(null, first.address, first.family);
      });
    };
  }
}

function tooMany(host: string): SynapseError {
  return new SynapseError("unreachable", `${host} was not looked up: ${MAX_LOOKUPS} names that peers have named are being looked up`, {
    retryable: true,
  });
}

function leadsHome(host: string): SynapseError {
  return new SynapseError("unreachable", `${host} leads into a private network, and nobody in there has named it`, {
    hint: "to reach it all the same, give its address as a bootstrap address",
  });
}
