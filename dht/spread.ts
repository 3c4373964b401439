import type { Contact } from "../routing/index.ts";
import { capabilityKey, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { KeySpread, type Tally } from "./key-spread.ts";
import type { PublisherContext } from "./publisher.ts";

export interface SpreadOptions {
  readonly record: CapabilityRecord;
  /** Of the levels of its name, the one under whose key it is stored. */
  readonly level: string;
  /**
   * `until-settled` looks for those who have joined between walk and store, and walks again where there may be some, until a walk meets
   * nobody new. Whoever joins later is found by the holders (HandOver).
   */
  readonly times: "once" | "until-settled";
  readonly tally: Tally;
  /** Called once, when enough nodes hold it or nobody else can be asked. */
  readonly onEnough: (holders: number) => void;
  /** Called once, when all have answered who were to hold it. */
  readonly onDone: (holders: number) => void;
}

/**
 * Stores one record under one level of its name: under the key of that, and where its holders say that it is split, under the child that
 * fits the publisher's id. Whoever has room keeps the record beside that, so that false claims of a split scatter nothing; but a key that
 * is split is not complete by itself, since newcomers may have no room for what those before them held. One bit at a time, as finders go,
 * however deep somebody says that it is.
 */
export class Spread {
  private readonly context: PublisherContext;
  private readonly options: SpreadOptions;
  private isEnough = false;

  constructor(context: PublisherContext, options: SpreadOptions) {
    this.context = context;
    this.options = options;
  }

  start(): void {
    this.under(0).start();
  }

  /** The same where the nodes nearest to the key are known already. */
  startAmong(nearest: readonly Contact[]): void {
    this.under(0).startAmong(nearest);
  }

  private under(depth: number): KeySpread {
    const { record, level, times, tally, onDone } = this.options;
    const key = capabilityKey(record.swarm, level, splitBitsOf(record.publisher, depth));
    return new KeySpread(this.context, {
      key,
      depth,
      record,
      times,
      tally,
      onEnough: (holders) => this.tellEnough(holders),
      onSplit: depth < MAX_SPLIT ? () => this.under(depth + 1).start() : undefined,
      onDone: (holders) => {
        this.tellEnough(holders);
        onDone(holders);
      },
    });
  }

  private tellEnough(holders: number): void {
    if (this.isEnough) return;
    this.isEnough = true;
    this.options.onEnough(holders);
  }
}
