import { sleep, systemRuntime } from "../../src/runtime.ts";
import type { DialOptions, Link, Listener, ListenOptions, Transport } from "../../src/transport/transport.ts";

/** Nothing has been dialled or asked for so long: whatever was begun is over, ms. A request on an open link takes less than one. */
const QUIET_MS = 15;
/** How often it is looked whether that is so, ms. */
const LOOK_MS = 5;

/** Knows whether real nodes have anything to do with each other. */
export class Activity {
  private dialling = 0;
  private lastAt = 0;

  /** Somebody does something now. */
  note(): void {
    this.lastAt = systemRuntime.now();
  }

  /** Resolves when nobody does anything any more. */
  async quiet(signal?: AbortSignal): Promise<void> {
    this.note();
    while (this.dialling > 0 || systemRuntime.now() - this.lastAt < QUIET_MS) await sleep(systemRuntime, LOOK_MS, signal);
  }

  /** A transport whose dials are known here. */
  watched(transport: Transport): Transport {
    return {
      dial: (address: string, options: DialOptions) => this.during(transport.dial(address, options)),
      listen: (options: ListenOptions, onLink: (link: Link) => void): Promise<Listener> => transport.listen(options, onLink),
    };
  }

  private async during(dial: Promise<Link>): Promise<Link> {
    this.dialling += 1;
    try {
      return await dial;
    } finally {
      this.dialling -= 1;
      this.note();
    }
  }
}
