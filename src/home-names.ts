import { isIP } from "node:net";
import { parseAddress } from "./address.ts";
import { RecentMap } from "./recent-map.ts";

/** Names remembered; the one that was named longest ago is forgotten first, and leads home again when it is named again. */
const MAX_NAMES = 4_096;

/**
 * Host names that may lead to this machine or into its private network, since somebody who is in there has named them: hosts of one network
 * of containers know each other by name. All others that a peer names must lead to the internet. See {@link outsideOf} for addresses
 * without a name.
 */
export class HomeNames {
  private readonly names = new RecentMap<true>(MAX_NAMES);

  /** Remembers the names among addresses that were named by somebody in there, or by the user. */
  note(addresses: readonly string[]): void {
    for (const address of addresses) if (isNamed(address)) this.names.set(parseAddress(address).host, true);
  }

  /** Whether an address may lead home. */
  has(address: string): boolean {
    return this.names.peek(parseAddress(address).host) !== undefined;
  }
}

/** Most hosts have no name: that is seen without taking the address apart. */
function isNamed(address: string): boolean {
  return /^tcp:\/\/[^[]*[a-z_-]/i.test(address) && isIP(parseAddress(address).host) === 0;
}
