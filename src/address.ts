import { BlockList, isIP, isIPv6 } from "node:net";
import { SynapseError } from "./errors.ts";
import { canonicalHost, isOddlySpelt } from "./host-spelling.ts";

/** Where a node listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const SCHEME = "tcp://";
/** Where the seed's servers listen. */
export const DEFAULT_PORT = 9999;

/**
 * Reads `host:port`, `[v6]:port` or either with `tcp://` before it.
 * @throws SynapseError `bad_address`.
 */
export function parseAddress(text: string): Address {
  const rest = text.startsWith(SCHEME) ? text.slice(SCHEME.length) : text;
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(rest);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  const known = match?.[1] === undefined || isIPv6(match[1]);
  if (host === undefined || !known || port > 65_535) {
    throw new SynapseError("bad_address", `not an address: ${JSON.stringify(text.slice(0, 100))}`, {
      hint: "write HOST:PORT, such as 127.0.0.1:9000 or [::1]:9000",
    });
  }
  if (match?.[1] === undefined && isOddlySpelt(host)) throw oddlySpelt(text);
  return { host, port };
}

function oddlySpelt(text: string): SynapseError {
  return new SynapseError("bad_address", `not an IPv4 address: ${JSON.stringify(text.slice(0, 100))}`, {
    hint: "write it as four decimal numbers, such as 127.0.0.1:9000",
  });
}

/** `tcp://host:port`, with brackets around an IPv6 host. */
export function formatAddress({ host, port }: Address): string {
  return `${SCHEME}${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/**
 * An address at which a peer says it can be dialled, in canonical form: spelt otherwise, one could pass for several; undefined when its
 * scheme is none that is spoken here.
 * @throws SynapseError `bad_address`.
 */
export function peerAddress(text: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !text.startsWith(SCHEME)) return undefined;
  const address = parseAddress(text);
  if (address.port === 0) throw new SynapseError("bad_address", `nobody can be dialled at port 0: ${text.slice(0, 100)}`);
  const host = canonicalHost(address.host);
  if (host === undefined) throw new SynapseError("bad_address", `no name of a host: ${text.slice(0, 100)}`);
  return formatAddress({ host, port: address.port });
}

/** The form that people read and type: without the scheme. */
export function shortAddress(address: string): string {
  return address.startsWith(SCHEME) ? address.slice(SCHEME.length) : address;
}

/** Ranges that are not routed on the public internet (RFC 1918, 3927, 4193, 4291, 6598), and what stands for this machine (RFC 1122). */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv4");
PRIVATE.addAddress("::", "ipv6");
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

/** Whether a host is this machine or one of its own network, where addresses cost nothing and limits by host would hit neighbours. */
export function isPrivate(host: string): boolean {
  return isLoopback(host) || (isIP(host) !== 0 && PRIVATE.check(host, isIPv6(host) ? "ipv6" : "ipv4"));
}

/** Whether a host is this machine itself: 127.0.0.0/8, ::1 or their name. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith("::ffff:") ? host.slice(7) : host;
  if (bare === "localhost" || bare === "::1") return true;
  return isIP(bare) === 4 && bare.startsWith("127.");
}
