import { SynapseError } from "../../../routing/index.ts";
import type { RandomStream } from "../random.ts";

/** Hosts that one plan has addresses for: four times as many as a simulation has at most at once, since those that leave keep theirs. */
const MAX_HOSTS = 4_000_000;
/** Addresses in a /24 without those of the network and of the broadcast. */
const HOSTS_OF_SUBNET = 254;
/** /24 in a /16. */
const SUBNETS_OF_NETWORK = 256;
/** First bytes of addresses some of which are private, reserved or for documentation (RFC 6890); beyond 223 all are. */
const SPECIAL = new Set([10, 100, 127, 169, 172, 192, 198, 203]);
const FIRST_BYTES = Array.from({ length: 223 }, (_, index) => index + 1).filter((byte) => !SPECIAL.has(byte));

/**
 * How addresses cluster. A host is in a new /24 with a fixed probability, else in the /24 of another host, whichever that is: those that
 * have many get more, and sizes have a tail as of a power (Simon 1955). So it is with a /24 and its /16.
 */
interface Habit {
  readonly newSubnet: number;
  readonly newNetwork: number;
}

/** Providers spread their customers: nearly every host is alone in its /24. */
const HOMES: Habit = { newSubnet: 0.95, newNetwork: 0.5 };
/** Machines are rented side by side. */
const DATA_CENTRES: Habit = { newSubnet: 0.4, newNetwork: 0.3 };

interface Network {
  /** The first two bytes. */
  readonly prefix: string;
  subnets: number;
}

interface Subnet {
  readonly network: Network;
  readonly prefix: string;
  hosts: number;
}

/** Hosts of one habit so far. */
interface Crowd {
  readonly habit: Habit;
  /** The /24 of each host: at most {@link MAX_HOSTS}. */
  readonly ofHosts: Subnet[];
  /** Each /24: no more than hosts. */
  readonly subnets: Subnet[];
}

/** Gives the hosts of a world IPv4 addresses that cluster as in life, no two the same. One seed gives one list of addresses. */
export class AddressPlan {
  private readonly random: RandomStream;
  private readonly dataCentres: number;
  private readonly homes: Crowd = { habit: HOMES, ofHosts: [], subnets: [] };
  private readonly racks: Crowd = { habit: DATA_CENTRES, ofHosts: [], subnets: [] };
  /** At most one for each prefix. */
  private readonly networks: Network[] = [];
  /** Prefixes in the order in which they are taken: those before `networks.length` are. */
  private readonly prefixes = Uint16Array.from({ length: FIRST_BYTES.length * 256 }, (_, index) => index);
  private count = 0;

  /** `dataCentres` is the share of hosts there. The stream should be the plan's own. */
  constructor(random: RandomStream, dataCentres: number) {
    this.random = random;
    this.dataCentres = dataCentres;
  }

  /** The address of a new host. @throws SynapseError `too_many` beyond four million. */
  next(): string {
    const { random } = this;
    const crowd = random.next() < this.dataCentres ? this.racks : this.homes;
    const isNew = crowd.ofHosts.length === 0 || random.next() < crowd.habit.newSubnet;
    let subnet = isNew ? this.openSubnet(crowd) : random.pick(crowd.ofHosts);
    if (subnet.hosts === HOSTS_OF_SUBNET) subnet = this.openSubnet(crowd);
    crowd.ofHosts.push(subnet);
    return this.addressIn(subnet);
  }

  /**
   * Addresses for an attacker who rents from one provider: all in one /24, where no other host is or will be.
   * @throws SynapseError `bad_options` unless `count` is from 1 to 254, `too_many`.
   */
  inOneSubnet(count: number): string[] {
    if (!Number.isInteger(count) || count < 1 || count > HOSTS_OF_SUBNET)
      throw new SynapseError("bad_options", `count must be a whole number from 1 to ${HOSTS_OF_SUBNET}, the hosts of a /24; not ${count}`);
    const subnet = subnetIn(this.openNetwork());
    return Array.from({ length: count }, () => this.addressIn(subnet));
  }

  private addressIn(subnet: Subnet): string {
    if (this.count === MAX_HOSTS) throw new SynapseError("too_many", `an address plan has addresses for ${MAX_HOSTS} hosts`);
    this.count += 1;
    subnet.hosts += 1;
    return `${subnet.prefix}.${subnet.hosts}`;
  }

  private openSubnet(crowd: Crowd): Subnet {
    const { random } = this;
    const isNew = crowd.subnets.length === 0 || random.next() < crowd.habit.newNetwork;
    let network = isNew ? this.openNetwork() : random.pick(crowd.subnets).network;
    if (network.subnets === SUBNETS_OF_NETWORK) network = this.openNetwork();
    const subnet = subnetIn(network);
    crowd.subnets.push(subnet);
    return subnet;
  }

  /** A /16 where nobody is, at random; when there is none any more, one that has room. */
  private openNetwork(): Network {
    const { random, prefixes, networks } = this;
    const taken = networks.length;
    if (taken === prefixes.length) return this.networkWithRoom();
    const chosen = taken + random.integer(prefixes.length - taken);
    const prefix = prefixes[chosen] as number;
    prefixes[chosen] = prefixes[taken] as number;
    const network = { prefix: `${FIRST_BYTES[prefix >> 8]}.${prefix & 0xff}`, subnets: 0 };
    networks.push(network);
    return network;
  }

  /** There always is one: all /16 together have room for more /24 than a plan has hosts. */
  private networkWithRoom(): Network {
    const { random, networks } = this;
    let index = random.integer(networks.length);
    while ((networks[index] as Network).subnets === SUBNETS_OF_NETWORK) index = (index + 1) % networks.length;
    return networks[index] as Network;
  }
}

function subnetIn(network: Network): Subnet {
  const subnet = { network, prefix: `${network.prefix}.${network.subnets}`, hosts: 0 };
  network.subnets += 1;
  return subnet;
}
