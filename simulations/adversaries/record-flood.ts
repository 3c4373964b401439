import type { Signer } from "../../dht/index.ts";
import type { SpecOf } from "./adversary-spec.ts";
import type { Plot, Scheme } from "./scheme.ts";
import { keyFor, made, newSigner, storeNear } from "./spam.ts";

/** Index poisoning (Liang, Naoumov, Ross 2006): true-looking entries under a name until there is no room for others. */
export function recordFlood(plot: Plot, { capability, perSecond, publishers }: SpecOf<"record-flood">): Scheme {
  const signers: Signer[] = []; // at most `publishers`
  let count = 0;
  const nextSigner = () => {
    if (publishers === undefined) return newSigner(plot);
    if (signers.length < publishers) signers.push(newSigner(plot));
    return signers[count % signers.length] as Signer;
  };
  return {
    perSecond,
    act: (self) => {
      count += 1;
      const signer = nextSigner();
      // One publisher may offer as many capabilities below a name as there are names.
      const name = publishers === undefined ? capability : `${capability}/x${count}`;
      const { bytes } = made(plot, name, {}, signer);
      storeNear(plot, self, keyFor(plot, capability), bytes);
    },
  };
}
