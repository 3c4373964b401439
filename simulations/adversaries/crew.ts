import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import { PORT } from "../engine/sim-host.ts";
import type { Birth, SimNode, World } from "../engine/world.ts";
import type { Population } from "../scenarios/population.ts";
import type { AdversarySpec, OwnHosts } from "./adversary-spec.ts";
import type { Plot, Scheme } from "./scheme.ts";
import { schemeOf } from "./scheme-of.ts";

/** All hosts of one spec: has them come, turns them, and has them go. */
export class Crew implements Plot {
  readonly world: World;
  readonly oracle: Oracle;
  readonly random: RandomStream;
  /** Those that are at work now; as many as the spec says. */
  members: SimNode[] = [];
  private readonly spec: AdversarySpec;
  private readonly population: Population;
  private readonly scheme: Scheme;
  /** Members of the network that are its own: a share of those it began with. */
  private readonly moles: SimNode[] = [];
  /** Counts the times at work: what was begun in one of them ends with it. */
  private shift = 0;
  private isAtWork = false;

  /** @param number of the spec in the scenario. */
  constructor(world: World, population: Population, spec: AdversarySpec, number: number) {
    this.world = world;
    this.oracle = population.oracle;
    this.random = world.stream(`adversaries ${number}`);
    this.spec = spec;
    this.population = population;
    this.scheme = schemeOf(spec, this);
  }

  /** A member of the network that is one of them, and does not show it before its time. */
  enlist(): void {
    const node = this.population.admit({});
    this.moles.push(node);
    if (this.isAtWork) this.employ(node);
  }

  begin(): void {
    this.shift += 1;
    this.isAtWork = true;
    for (const node of this.moles) this.employ(node);
    if ("count" in this.spec) this.bringAlong(this.spec);
    this.act(this.shift);
  }

  /** Those that belong to the network keep to the protocol from now on; the others vanish. */
  end(): void {
    this.isAtWork = false;
    for (const node of this.members) {
      node.conduct = undefined;
      if (!this.moles.includes(node)) this.population.lose(node);
    }
    this.members = [];
  }

  private bringAlong({ count, oneSubnet = false, addresses }: OwnHosts): void {
    const { world } = this;
    if (addresses !== undefined) {
      const machines = Array.from({ length: addresses }, () => world.rent(1)[0]);
      for (let n = 0; n < count; n++) this.bring({ ip: machines[n % addresses], port: PORT + n });
    } else {
      const ips = oneSubnet ? world.rent(count) : [];
      for (let n = 0; n < count; n++) this.bring({ ip: ips[n] });
    }
  }

  /** One host comes, and where they do not stay, another takes its place and its address. */
  private bring(where: Pick<Birth, "ip" | "port">): void {
    const { scheme, population, random, shift } = this;
    const birth: Birth = { ...scheme.birth?.(), ...where };
    const node = scheme.joins === false ? population.admitSilently(birth) : population.admit(birth);
    this.employ(node);
    if (scheme.sessionMs === undefined) return;
    this.world.clock.schedule(random.exponential(scheme.sessionMs), () => {
      if (this.shift !== shift || !this.isAtWork) return;
      this.members.splice(this.members.indexOf(node), 1);
      population.lose(node);
      this.bring({ ip: node.host.ip, port: node.host.port });
    });
  }

  private employ(node: SimNode): void {
    this.members.push(node);
    const { scheme } = this;
    const { answer } = scheme;
    if (answer === undefined) return;
    node.conduct = { answer: (caller, request, honest) => answer.call(scheme, node, request, honest, caller) };
  }

  /** Does something, and again after a while, until the shift is over. */
  private act(shift: number): void {
    const { scheme, random } = this;
    const { perSecond = 0 } = scheme;
    if (perSecond === 0 || this.shift !== shift || !this.isAtWork) return;
    const alive = this.members.filter((member) => member.isAlive);
    if (alive.length > 0 && this.oracle.size > 0) scheme.act?.(random.pick(alive));
    this.world.clock.schedule(random.exponential(1_000 / perSecond), () => this.act(shift));
  }
}
