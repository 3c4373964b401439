import type { NodeId } from "../../routing/index.ts";
import type { Link } from "../../src/transport/transport.ts";
import type { Owner } from "./clock.ts";
import type { Place } from "./latency/latency-model.ts";
import { SETUP_ROUND_TRIPS } from "./link-costs.ts";
import type { SimHost } from "./sim-host.ts";
import type { World } from "./world.ts";

/** One life of a node, as the network sees it. */
export interface Station extends Owner {
  readonly index: number;
  readonly place: Place;
  readonly machine: SimHost;
  /** What TLS would prove. */
  readonly id: NodeId;
}

/** Who is where, and who listens. Shared by all nodes of a world; one entry each. */
export class SimNetwork {
  readonly world: World;
  /** By address: the life that was last led there. */
  readonly stations = new Map<string, Station>();
  /** By address: whoever takes links there now. */
  readonly listeners = new Map<string, (link: Link) => void>();

  constructor(world: World) {
    this.world = world;
  }

  /** Time of one message, as it turns out. */
  delayMs(from: Station, to: Station): number {
    return this.world.options.latency.sampleMs(from.place, to.place, this.world.weather);
  }

  roundTripMs(from: Station, to: Station): number {
    return 2 * this.world.options.latency.oneWayMs(from.place, to.place);
  }

  setupMs(from: Station, to: Station): number {
    return SETUP_ROUND_TRIPS * this.roundTripMs(from, to);
  }
}
