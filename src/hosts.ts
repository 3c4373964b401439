import { isIP, isIPv6 } from "node:net";
import { isPrivate } from "./address.ts";
import { canonicalIp } from "./host-spelling.ts";

/** Whoever has an IPv6 address has a network of 2^64 (RFC 6177): so many of its 8 groups tell one from another. */
const NETWORK_GROUPS = 4;

/**
 * What limits by host count a caller under: its IPv4 address, or the /64 of its IPv6 address. Undefined for this machine and its private
 * networks, which are not counted.
 */
export function countedHost(host: string): string | undefined {
  const known = canonicalIp(host);
  if (isPrivate(known)) return undefined;
  return isIPv6(known) ? networkOf(known) : known;
}

/** An address out on the internet, in its one spelling; undefined for a name, and for this machine and private networks. */
export function publicIp(host: string): string | undefined {
  const known = canonicalIp(host);
  return isIP(known) !== 0 && !isPrivate(known) ? known : undefined;
}

/** The /64 of an address in its one spelling. */
function networkOf(host: string): string {
  const [head = "", tail = ""] = host.split("::");
  const [before, after] = [groupsIn(head), groupsIn(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

function groupsIn(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
