import type { Runtime } from "../../dht/index.ts";
import type { HomeNames } from "../home-names.ts";
import type { LimitCounter } from "../limit-counts.ts";
import type { Limits } from "../limits.ts";
import type { Budget } from "./budget.ts";
import type { Connection } from "./connection.ts";
import type { Introduction } from "./greeting.ts";
import type { Hello } from "./messages.ts";
import type { EndpointRegistry } from "./registry.ts";
import type { RPCSerializer } from "./serializer.ts";

/** What a connection needs of the process it is in. */
export interface ConnectionHost {
  readonly runtime: Runtime;
  readonly registry: EndpointRegistry;
  readonly serializer: RPCSerializer;
  readonly limits: Limits;
  readonly limitCounter: LimitCounter;
  /** What all links together make this process hold: of what has come, and of what is to leave in pieces. */
  readonly incomingBudget: Budget;
  readonly outgoingBudget: Budget;
  /** True while it stops: calls under way may end, no other is taken. */
  readonly isStopping: boolean;
  /** What to say in hello; asked for each link, since addresses may be learned late. */
  readonly introduce: () => Introduction;
  /** Names that peers may have dialled wherever they lead. Left out: all of them lead to the internet, or nowhere. */
  readonly homeNames?: HomeNames;
  /** While this process stops: a link has got on with that. */
  readonly onProgress?: (() => void) | undefined;
  /** Calls can be made over it, both ways. */
  onReady?(connection: Connection, hello: Hello | undefined): void;
  /** The other side sends no more, but may still wait for answers. Plain dialect only. */
  onHalfClosed?(connection: Connection): void;
  onClosed?(connection: Connection): void;
}
