import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

/** A last label with which a name would be none: resolvers take all of it for an IPv4 address. */
const NUMBER_LAST = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;
/** Link-local addresses (RFC 4291) are dialled with their zone. */
const LINK_LOCAL = /^fe[89ab]/;

/**
 * Whether a host that is no IPv6 address would be dialled as an IPv4 address without being written as one: as one number, in hex or octal,
 * with fewer dots or a dot too many, in digits of another script. Such a one is in no subnet that could be told from it.
 */
export function isOddlySpelt(host: string): boolean {
  return !isIPv4(host) && (NUMBER_LAST.test(host) || isIPv4(domainToASCII(host)));
}

/** The one spelling of a host; undefined for what can be none. */
export function canonicalHost(host: string): string | undefined {
  if (isIPv4(host)) return host;
  if (isIPv6(host)) {
    const short = canonicalV6(host);
    return LINK_LOCAL.test(short) ? short + (/%.*$/.exec(host)?.[0] ?? "") : short;
  }
  if (/[^\w.\-\u0080-\uffff]/.test(host)) return undefined;
  return domainToASCII(host).replace(/\.$/, "") || undefined;
}

/** The one spelling of a host as a socket or a resolver gives it: most of these are addresses. */
export function canonicalIp(host: string): string {
  return isIPv6(host) ? canonicalV6(host) : host;
}

/**
 * The one spelling of an IPv6 address (RFC 5952), without the zone, which means something to its own machine alone. One that stands for an
 * IPv4 address becomes that.
 */
export function canonicalV6(host: string): string {
  const short = new URL(`http://[${host.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = [Number.parseInt(mapped[1] as string, 16), Number.parseInt(mapped[2] as string, 16)];
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
