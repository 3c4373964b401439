import type { Caller, OverlayRequest, OverlayResponse } from "../../dht/index.ts";

/** How a node answers that does not keep to the protocol. The same at both levels. */
export interface Conduct {
  /**
   * The answer to a request that has arrived; undefined: nothing is ever said. `honest` does and gives what an honest node would; whoever
   * does not call it has not done it either.
   */
  answer(caller: Caller, request: OverlayRequest, honest: () => OverlayResponse): OverlayResponse | undefined;
}
