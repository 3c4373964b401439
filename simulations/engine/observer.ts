import type { Failed, Overlay, OverlayRequest, OverlayResponse } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import type { SimNode } from "./world.ts";

/** A node from within. For looking only: a run is the same whether or not anybody looks. */
export type Inside = Overlay;

/**
 * Told of all that nodes say to each other, at the overlay level; at the node level there are only frames. It must draw no random number,
 * send nothing and change nothing.
 */
export interface Observer {
  /** A request leaves. All requests of one walk are the same object, but for those that are to be passed on, which are another. */
  onSent(asker: SimNode, to: Contact, request: OverlayRequest): void;
  /** A request has been answered, by the code of the node that was asked. */
  onServed(giver: SimNode, asker: SimNode, request: OverlayRequest, response: OverlayResponse): void;
  /** The asker learns what came of a request, a moment before it makes anything of it. */
  onOutcome(asker: SimNode, to: Contact, request: OverlayRequest, outcome: OverlayResponse | Failed, reached: Contact | undefined): void;
  /** A contact has answered at an address that was dialled to find out. */
  onProved(asker: SimNode, contact: Contact): void;
  /** A node signs what it publishes. */
  onSigned(signer: SimNode, message: Uint8Array): void;
}
