import { isIP, isIPv6 } from "node:net";
import { SynapseError } from "./errors.ts";

/** Where a node listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const SCHEME = "tcp://";

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
  return { host, port };
}

/** `tcp://host:port`, with brackets around an IPv6 host. */
export function formatAddress({ host, port }: Address): string {
  return `${SCHEME}${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The form that people read and type: without the scheme. */
export function shortAddress(address: string): string {
  return address.startsWith(SCHEME) ? address.slice(SCHEME.length) : address;
}

/** Whether a host is this machine itself: 127.0.0.0/8, ::1 or their name. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith("::ffff:") ? host.slice(7) : host;
  if (bare === "localhost" || bare === "::1") return true;
  return isIP(bare) === 4 && bare.startsWith("127.");
}
