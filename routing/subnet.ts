/**
 * The part of the internet that an address is in, as a number to compare: its /24 (IPv4), its /48 (IPv6), or the domain of its host name. 0
 * for loopback, private and link-local ranges (RFC 1918, 3927, 4193, 4291, 6598) and names that are private (RFC 6762, 8375), where
 * addresses cost nothing and all belong to one owner, and for what is no `tcp://host:port`. An attacker can have thousands of ids and ports
 * at once, and addresses far apart only for money.
 *
 * Networks of IPv6 and names are told apart by 29 bits: should two ever have the same, they share what one may have.
 */
export function subnetOf(address: string): number {
  const match = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/]+)):\d+$/.exec(address);
  if (match === null) return EXEMPT;
  const [, v6, host = ""] = match;
  if (v6 !== undefined) return subnetOfV6(v6.toLowerCase());
  const bytes = bytesOfV4(host);
  if (bytes !== undefined) return subnetOfV4(bytes);
  return subnetOfName(host.toLowerCase().replace(/\.$/, ""));
}

const EXEMPT = 0;
/** Set in the numbers of what is no IPv4, which take 24 bits and one. */
const HASHED = 0x2000_0000;

type V4 = readonly [number, number, number, number];

function bytesOfV4(host: string): V4 | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return undefined;
  return host.split(".").map(Number) as unknown as V4;
}

function subnetOfV4([a, b, c]: V4): number {
  return isExemptV4(a, b) ? EXEMPT : 1 + ((a << 16) | (b << 8) | c);
}

function isExemptV4(a: number, b: number): boolean {
  if (a === 10 || a === 127) return true;
  if (a === 100) return b >= 64 && b < 128;
  if (a === 172) return b >= 16 && b < 32;
  return (a === 192 && b === 168) || (a === 169 && b === 254);
}

function subnetOfV6(text: string): number {
  const mapped = bytesOfV4(/^::ffff:([\d.]+)$/.exec(text)?.[1] ?? "");
  if (mapped !== undefined) return subnetOfV4(mapped);
  if (text === "::1") return EXEMPT;
  const [head = ""] = text.split("::");
  const [first = 0, second = 0, third = 0] = head.split(":").map((group) => Number.parseInt(group, 16) || 0);
  const isPrivate = (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80;
  return isPrivate ? EXEMPT : hashOf(`${first}:${second}:${third}`);
}

/** Names that no registry sells, and those without a dot: whoever gives them owns the network that knows them. */
const PRIVATE_NAME = /^[^.]*$|(?:^|\.)(?:localhost|local|internal|lan|home\.arpa)$/;
/** A second level below which a country's registry sells names, as in `example.co.uk`; lists of them are long, and change. */
const SOLD_BELOW = /^[^.]{1,3}\.[^.]{2}$/;

/** Whoever has a domain has as many names in it as it likes. */
function subnetOfName(name: string): number {
  if (PRIVATE_NAME.test(name)) return EXEMPT;
  const labels = name.split(".");
  const domain = labels.slice(-2).join(".");
  return hashOf(SOLD_BELOW.test(domain) ? labels.slice(-3).join(".") : domain);
}

/** FNV-1a (Fowler, Noll, Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return HASHED | (hash & (HASHED - 1));
}
