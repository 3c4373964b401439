import type { Failed, OverlayRequest, OverlayResponse } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import type { Observer } from "../engine/observer.ts";
import type { SimNode, World } from "../engine/world.ts";
import { Acquaintances } from "./invariants/acquaintances.ts";
import { checkBounds } from "./invariants/bounds.ts";
import { Chores } from "./invariants/chores.ts";
import type { InvariantName, Report, Violation } from "./invariants/invariant.ts";
import { Ledger } from "./invariants/ledger.ts";
import { type ReadTrue, Records } from "./invariants/records.ts";
import { Searches } from "./invariants/searches.ts";
import { checkSeats } from "./invariants/seats.ts";
import { Walks } from "./invariants/walks.ts";

/** Every node is looked through once in so much virtual time, ms. */
const ROUND_MS = 20_000;
/** In so many parts, so that not all are seen at the same moments. */
const PARTS = 4;
/** Violations kept: the first says what is wrong, a few more say how widely. */
const MAX_VIOLATIONS = 20;

/** Ends a run in which something is not as it must be. */
export class Violated extends Error {}

export interface WatchOptions {
  /** Whose conduct is held against the invariants. Default: everybody's. */
  readonly isHonest?: (node: SimNode) => boolean;
  /** Tells true records from others where nodes are not seen signing: at the node level, where no signature can be forged. */
  readonly read?: ReadTrue | undefined;
}

/** Watches a world while it runs. It changes nothing: the trace is the same without it. */
export class Watch implements Observer {
  readonly violations: Violation[] = []; // at most MAX_VIOLATIONS
  readonly records: Records;
  readonly searches: Searches;
  /** Answers looked at, for reports. */
  looks = 0;
  private readonly world: World;
  private readonly isHonest: (node: SimNode) => boolean;
  private readonly isInside: boolean;
  private readonly ledger: Ledger;
  private readonly acquaintances: Acquaintances;
  private readonly walks: Walks;
  private readonly chores: Chores;
  private latest = 0;

  constructor(world: World, { isHonest = () => true, read }: WatchOptions = {}) {
    this.world = world;
    this.isHonest = isHonest;
    this.isInside = read === undefined;
    this.ledger = new Ledger(world.verify);
    const readTrue: ReadTrue = read ?? ((bytes) => this.ledger.read(bytes));
    this.records = new Records(readTrue, this.report);
    this.searches = new Searches(readTrue, this.report);
    this.acquaintances = new Acquaintances(this.report);
    this.walks = new Walks(this.report);
    this.chores = new Chores(world.clock, this.report);
    world.observer = this;
  }

  /** Looks at all nodes again and again; ends the run when something was found. */
  begin(): void {
    let part = 0;
    const look = () => {
      this.lookAt(part);
      this.complain();
      part = (part + 1) % PARTS;
      this.world.clock.schedule(ROUND_MS / PARTS, look);
    };
    look();
  }

  /** @throws Violated when something has been found. */
  complain(): void {
    if (this.violations.length > 0) throw new Violated();
  }

  readonly report: Report = (invariant: InvariantName, node, detail) => {
    if (this.violations.length >= MAX_VIOLATIONS || (node !== undefined && !this.isHonest(node))) return;
    this.violations.push({ invariant, atMs: this.world.clock.now, node: node?.index, detail });
  };

  onSent(asker: SimNode, to: Contact, request: OverlayRequest): void {
    this.tick();
    this.walks.onSent(asker, to, request);
    this.searches.onSent(asker, to, request);
    this.chores.onSent(asker, request);
  }

  onServed(giver: SimNode, asker: SimNode, request: OverlayRequest, response: OverlayResponse): void {
    this.tick();
    this.acquaintances.onServed(giver, asker, request, response);
    this.records.onServed(giver, request, response);
  }

  onOutcome(asker: SimNode, to: Contact, request: OverlayRequest, outcome: OverlayResponse | Failed, reached: Contact | undefined): void {
    this.tick();
    this.acquaintances.onOutcome(asker, to, request, outcome, reached);
    this.searches.onOutcome(asker, request, outcome);
  }

  onProved(asker: SimNode, contact: Contact): void {
    this.acquaintances.onProved(asker, contact);
  }

  onSigned(signer: SimNode, message: Uint8Array): void {
    this.ledger.note(signer, message);
  }

  private tick(): void {
    const { now } = this.world.clock;
    this.looks += 1;
    if (now < this.latest) this.report("time", undefined, `${now} ms after ${this.latest} ms`);
    this.latest = now;
  }

  private lookAt(part: number): void {
    const { nodes, faults } = this.world;
    for (const fault of faults.slice(0, 1)) this.report("fault", undefined, fault);
    for (let index = part; index < nodes.length; index += PARTS) {
      const node = nodes[index] as SimNode;
      if (node.isAlive && this.isHonest(node)) this.lookInto(node);
    }
  }

  private lookInto(node: SimNode): void {
    this.looks += 1;
    checkSeats(node, this.report);
    checkBounds(node, this.report);
    this.records.checkStore(node);
    if (!this.isInside) return;
    this.acquaintances.checkTable(node);
    this.chores.check(node);
  }
}
