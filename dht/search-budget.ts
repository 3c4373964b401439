import { failed, type Peers, type Runtime, withRequest } from "./ports.ts";

/** Children of split keys that one search walks to at most: a name that 5,000 agents offer has 62, of which 32 hold 156 records each. */
export const MAX_KEYS = 128;
/** Requests of one search at most: to read such a name whole takes some 5,000. */
export const MAX_SEARCH_REQUESTS = 8_192;
/** Of these, such as need a link to be dialled first: for that name some 1,500 where there is none. */
export const MAX_SEARCH_DIALS = 2_048;
/**
 * Of these, such as lead nowhere: whoever names strangers chooses whom they are dialled at, four addresses each. With a third of all gone,
 * that name takes 500.
 */
export const MAX_VAIN_DIALS = 512;

/**
 * What one search may cost, whatever it is told. Each walk has bounds of its own, but holders say how many walks there are: they say that a
 * key is split. Beyond it nothing more is asked, and the search says that it was cut short.
 */
export class SearchBudget {
  private keys = 0;
  private requests = 0;
  private dials = 0;
  private vainDials = 0;
  /** Whether something was not asked. */
  isCut = false;

  /**
   * Whether one child more may be walked to. Not where anything else was left out: it would cost more, and not make the search complete.
   */
  takesKey(): boolean {
    if (!this.orCut(!this.isCut && this.keys < MAX_KEYS)) return false;
    this.keys += 1;
    return true;
  }

  /**
   * The same way to others, as far as it goes. What goes beyond is answered as if it had been refused: that tells nothing about whoever was
   * to be asked.
   */
  listening(peers: Peers, runtime: Runtime): Peers {
    return withRequest(peers, (to, request, timeoutMs, done) => {
      const dials = !peers.isLinked(to);
      if (!this.takesRequest(dials)) {
        runtime.schedule(0, () => done(failed("refused", "this search has cost as much as it may")));
        return;
      }
      peers.request(to, request, timeoutMs, (outcome, reached) => {
        if (dials && outcome.kind === "failed" && outcome.reason !== "refused") this.vainDials += 1;
        done(outcome, reached);
      });
    });
  }

  private takesRequest(dials: boolean): boolean {
    const mayDial = this.dials < MAX_SEARCH_DIALS && this.vainDials < MAX_VAIN_DIALS;
    if (!this.orCut(this.requests < MAX_SEARCH_REQUESTS && (mayDial || !dials))) return false;
    this.requests += 1;
    if (dials) this.dials += 1;
    return true;
  }

  private orCut(isWithin: boolean): boolean {
    if (!isWithin) this.isCut = true;
    return isWithin;
  }
}
