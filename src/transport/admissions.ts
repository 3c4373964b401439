import type { Socket } from "node:net";
import { countedHost } from "../hosts.ts";
import { OverLimit } from "../limit-counts.ts";
import type { Limits } from "../limits.ts";

/** Sockets over a limit that are told so at the same time, each for as long as a handshake may take. Those beyond are cut off. */
const MAX_TURNED_AWAY = 64;

/** What becomes of a new socket: let in, told why not, or cut off without a word. */
export type Admission =
  | { readonly how: "admitted" }
  | { readonly how: "turned away"; readonly why: OverLimit }
  | { readonly how: "cut off"; readonly why: OverLimit };

const ADMITTED: Admission = { how: "admitted" };

/** Who is let in: so many in all, and so many from one host that is neither this machine nor in its private network. */
export class Admissions {
  private readonly limits: Limits;
  private readonly open = new Set<Socket>(); // at most limits.maxConnections
  private readonly turnedAway = new Set<Socket>(); // at most MAX_TURNED_AWAY
  private readonly perHost = new Map<string, number>(); // at most one entry for each open socket; none is kept at 0

  constructor(limits: Limits) {
    this.limits = limits;
  }

  admit(socket: Socket): Admission {
    const host = hostOf(socket);
    const refusal = this.refusalFor(host);
    if (refusal !== undefined) {
      if (this.turnedAway.size >= MAX_TURNED_AWAY) return { how: "cut off", why: refusal };
      this.turnedAway.add(socket);
      socket.on("close", () => this.turnedAway.delete(socket));
      return { how: "turned away", why: refusal };
    }
    this.open.add(socket);
    this.count(host, 1);
    socket.on("close", () => {
      this.open.delete(socket);
      this.count(host, -1);
    });
    return ADMITTED;
  }

  destroyAll(): void {
    for (const socket of [...this.open, ...this.turnedAway]) socket.destroy();
  }

  private refusalFor(host: string | undefined): OverLimit | undefined {
    const { maxConnections, maxConnectionsPerHost } = this.limits;
    if (this.open.size >= maxConnections)
      return new OverLimit("maxConnections", "busy", `${maxConnections} connections are open, and no more are taken; try again later`);
    if (host !== undefined && (this.perHost.get(host) ?? 0) >= maxConnectionsPerHost)
      return new OverLimit(
        "maxConnectionsPerHost",
        "busy",
        `${maxConnectionsPerHost} connections from ${host} are open, and no more are taken; use those`,
      );
    return undefined;
  }

  private count(host: string | undefined, by: 1 | -1): void {
    if (host === undefined) return;
    const count = (this.perHost.get(host) ?? 0) + by;
    if (count === 0) this.perHost.delete(host);
    else this.perHost.set(host, count);
  }
}

/** The host to count a socket under; undefined where hosts are not counted. */
function hostOf({ remoteAddress }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : countedHost(remoteAddress);
}
