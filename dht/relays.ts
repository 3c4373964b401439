import type { Contact } from "../routing/index.ts";
import type { Membership } from "./membership.ts";
import type { FindRecordsRequest, FindRecordsResponse, OverlayResponse } from "./messages.ts";
import type { Peers, Runtime } from "./ports.ts";
import type { OverlaySettings } from "./settings.ts";

/** Requests passed on for others at once; whoever asks beyond that gets this node's own answer alone. */
const MAX_RELAYING = 64;
/** Of the linked contacts nearest to the key, those among which the quickest is asked: one of three is still very likely a holder. */
const NEAREST = 3;
/** A caller gets this node's own answer after this at the latest, ms: it has others to ask. */
const MAX_PATIENCE_MS = 500;

type Part = Pick<FindRecordsResponse, "relayed">;

export interface RelayContext {
  readonly runtime: Runtime;
  readonly peers: Peers;
  readonly membership: Membership;
  readonly settings: OverlaySettings;
}

/**
 * Asks one contact on behalf of a caller, where this node has an open link to it and the caller would have to dial. One step and no
 * further: what is passed on never asks to be passed on again, so nobody can make a request go around or grow.
 */
export class Relays {
  private readonly context: RelayContext;
  private relaying = 0;

  constructor(context: RelayContext) {
    this.context = context;
  }

  /**
   * Gives the caller this node's own answer, and where it wishes and this node holds nothing, that of the contact asked, if it comes in
   * time. `respond` is called once.
   */
  extend({ relay, ...request }: FindRecordsRequest, own: FindRecordsResponse, respond: (response: FindRecordsResponse) => void): void {
    const isWished = relay === true && own.records.length === 0 && (own.held ?? 0) === 0 && this.relaying < MAX_RELAYING;
    const contact = isWished ? this.quickestLinked(own.contacts) : undefined;
    if (contact === undefined) respond(own);
    else this.ask(contact, request, (part) => respond({ ...own, ...part, contacts: this.stillHealthy(own.contacts) }));
  }

  private ask(contact: Contact, request: FindRecordsRequest, give: (part: Part) => void): void {
    const { runtime, peers, membership, settings } = this.context;
    let isOpen = true;
    const settle = (part: Part) => {
      if (isOpen) give(part);
      isOpen = false;
    };
    const askedAt = runtime.now();
    const patience = runtime.schedule(Math.min(MAX_PATIENCE_MS, membership.roundTrips.timeoutFor(contact)), () => settle({}));
    this.relaying += 1;
    peers.request(contact, request, settings.requestTimeoutMs, (outcome, reached) => {
      this.relaying -= 1;
      patience.cancel();
      if (outcome.kind === "failed") {
        membership.failed(contact, outcome);
        settle({});
        return;
      }
      membership.roundTrips.measured(contact, runtime.now() - askedAt);
      membership.answered(contact, reached);
      settle(relayedBy(reached ?? contact, outcome));
    });
  }

  /** Whoever has not answered meanwhile is not named. */
  private stillHealthy(contacts: readonly Contact[]): readonly Contact[] {
    const { table } = this.context.membership;
    return contacts.filter((contact) => table.isHealthy(contact));
  }

  private quickestLinked(contacts: readonly Contact[]): Contact | undefined {
    const { peers, membership } = this.context;
    let best: Contact | undefined;
    let soonest = Number.POSITIVE_INFINITY;
    let linked = 0;
    for (const contact of contacts) {
      if (linked === NEAREST) break;
      if (!peers.isLinked(contact)) continue;
      linked += 1;
      const ms = membership.roundTrips.expected(contact, "linked");
      if (ms < soonest) [best, soonest] = [contact, ms];
    }
    return best;
  }
}

function relayedBy(from: Contact, outcome: OverlayResponse): Pick<FindRecordsResponse, "relayed"> {
  if (outcome.kind !== "find_records") return {};
  const { records, contacts } = outcome;
  return { relayed: { from, records, contacts } };
}
