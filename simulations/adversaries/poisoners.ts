import type { SpecOf } from "./adversary-spec.ts";
import { addressOfNobody } from "./liars.ts";
import type { Plot, Scheme } from "./scheme.ts";

const DEFAULT_SESSION_MS = 60_000;

/**
 * Callers that say they can be dialled where they cannot: whoever believes them fills its table with nothing, and whoever dials them back
 * knocks at a victim's door (Naoumov and Ross, Exploiting P2P systems for DDoS attacks, 2006).
 */
export function poisoners(plot: Plot, { perSecond, claim = "nowhere", sessionMs = DEFAULT_SESSION_MS }: SpecOf<"poisoners">): Scheme {
  const { random, oracle } = plot;
  return {
    perSecond,
    sessionMs,
    joins: false,
    birth: () => ({ claims: claim === "victims" ? random.pick(oracle.live).contact.addresses : [addressOfNobody(plot)] }),
    act: (self) => self.send(random.pick(oracle.live).contact, { kind: "find_node", target: random.bytes(32) }, () => undefined),
  };
}
