import type { Contact } from "../routing/index.ts";
import { LoadGate } from "./load-gate.ts";
import type { OverlayResponse } from "./messages.ts";
import type { Peers, Runtime } from "./ports.ts";

/** Of those who named a contact that did not answer, so many are told at most. */
const MAX_TOLD = 3;
/**
 * Hints given in a second, and contacts checked for them: in a network of which a third has vanished every node meets many who are gone.
 */
const GIVEN_PER_SECOND = 8;
const TAKEN_PER_SECOND = 4;

/**
 * Hints to whoever named a contact that did not answer, so that others need not find out as well. They travel over open links alone, and
 * are never believed: whoever is told asks the contact itself. So a liar can make its neighbours ping those they know, a few times in a
 * second, and nothing more.
 */
export class Hints {
  private readonly peers: Peers;
  private readonly timeoutMs: number;
  private readonly toGive: LoadGate;
  private readonly toTake: LoadGate;

  constructor(runtime: Runtime, peers: Peers, timeoutMs: number) {
    this.peers = peers;
    this.timeoutMs = timeoutMs;
    this.toGive = new LoadGate(runtime, GIVEN_PER_SECOND);
    this.toTake = new LoadGate(runtime, TAKEN_PER_SECOND);
  }

  /** @param namers who named it, each once. */
  give(absent: Contact, namers: readonly Contact[]): void {
    const linked = namers.filter((namer) => this.peers.isLinked(namer)).slice(0, MAX_TOLD);
    for (const namer of linked) {
      if (!this.toGive.admit()) return;
      this.peers.request(namer, { kind: "hint", node: absent.id }, this.timeoutMs, () => undefined);
    }
  }

  /** Whether one more that was given to this node is looked into now. */
  takes(): boolean {
    return this.toTake.admit();
  }
}

/** Who named whom in the course of one walk. */
export class Naming {
  private readonly answers: { readonly from: Contact; readonly named: readonly Contact[] }[] = []; // one for each answer of a walk

  note(from: Contact, response: OverlayResponse): void {
    if ("contacts" in response) this.answers.push({ from, named: response.contacts });
  }

  namersOf({ key }: Contact): readonly Contact[] {
    return this.answers.filter(({ named }) => named.some((contact) => contact.key === key)).map(({ from }) => from);
  }
}
