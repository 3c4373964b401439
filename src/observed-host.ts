import { parseAddress } from "./address.ts";
import { countedHost, publicIp } from "./hosts.ts";
import { RecentMap } from "./recent-map.ts";

/** Networks whose word is kept, that of each once; the one heard longest ago gives way. */
const MAX_OBSERVERS = 16;
/** So many of them must say the same, and more than half of all: a lone liar is not believed. */
const QUORUM = 3;

/**
 * As which host this node appears to others out on the internet, by what they say in their hello. Behind NAT that is none of its own
 * addresses. Hearsay: fit to be told to whoever runs the node, and not to be named to anybody.
 */
export class ObservedHost {
  /** What was said, by who said it. */
  private readonly sayings = new RecentMap<string>(MAX_OBSERVERS);

  /**
   * @param observer the host that says so; of those in private networks nothing is noted. @param observed an address; its port says
   * nothing.
   */
  note(observer: string | undefined, observed: string): void {
    const network = observer && countedHost(observer);
    const host = publicHostIn(observed);
    if (network !== undefined && host !== undefined) this.sayings.set(network, host);
  }

  /** The host that is agreed upon, if there is one. */
  get agreed(): string | undefined {
    const counts = new Map<string, number>(); // at most one for each saying
    for (const host of this.sayings.values()) counts.set(host, 1 + (counts.get(host) ?? 0));
    for (const [host, count] of counts) if (count >= QUORUM && count > this.sayings.size / 2) return host;
    return undefined;
  }
}

function publicHostIn(address: string): string | undefined {
  try {
    return publicIp(parseAddress(address).host);
  } catch {
    return undefined; // it says nothing that could be dialled
  }
}
