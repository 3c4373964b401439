import type { OverlaySettings } from "../dht/index.ts";
import type { ServerOptions } from "./server.ts";

/** The network that nodes are in when nobody names one. */
export const DEFAULT_SWARM = "default";

/** What makes a node the one that it is. */
export interface NodeOptions extends ServerOptions {
  /** Shown to people. Default: the short form of the node id. */
  readonly name?: string;
  readonly role?: string;
  readonly description?: string;
  /** The network to be a member of. Default `"default"`. Nodes of different swarms refuse each other. */
  readonly swarm?: string;
  /**
   * Addresses (`host:port`) of nodes that are in the network already; one that answers is enough. None, or no other than this node's own:
   * it is the first.
   */
  readonly bootstrap?: readonly string[];
  /**
   * `required`, the default: start() rejects when no bootstrap address answers. `background`: it resolves all the same, and joining is
   * tried until it succeeds.
   */
  readonly join?: "required" | "background";
  /**
   * A file to keep the best contacts in, so that a restart needs no bootstrap node. It is made when there is none; without it nothing is
   * kept. One node at a time may use it, and the file of its identity: start() rejects with `in_use` where another does.
   */
  readonly state?: string | undefined;
  /** Port to listen on. Default 0: any that is free. */
  readonly port?: number | undefined;
  readonly overlay?: Partial<OverlaySettings>;
}
