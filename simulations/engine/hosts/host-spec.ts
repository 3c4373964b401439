import type { RandomStream } from "../random.ts";
import { kind, oneOfKinds, specChecker } from "../spec-check.ts";
import { AddressPlan } from "./address-plan.ts";

/** What kinds of hosts there are: plain data. Shares are parts of all hosts, 0 … 1. Whatever is left out is as in an ideal world. */
export interface HostsSpec {
  /** Share that can dial, but cannot be dialled: behind a NAT or a firewall. */
  readonly clients?: number;
  /** Share on which any message that arrives waits so long before anything is done about it, ms. */
  readonly slow?: { readonly share: number; readonly processingMs: number };
  /** How wrong clocks are, ms: normally distributed, or anything up to a bound either way. */
  readonly clock?: { readonly model: "normal"; readonly sigmaMs: number } | { readonly model: "uniform"; readonly maxMs: number };
  /** Share (default: all) that can send so many bytes a second. */
  readonly upload?: { readonly share?: number; readonly bytesPerSecond: number };
  /**
   * Share whose machine stays up when its node has gone: it refuses connections at once. Of the others nothing is heard any more. Default
   * 0.
   */
  readonly closedPorts?: number;
  /** Share whose addresses are in data centres, where many are in one /24. Default 0.35. */
  readonly dataCentres?: number;
}

/** What one host is like, for as long as it is there. */
export interface HostProperties {
  readonly isClient: boolean;
  /** Time that a message waits before anything is done about it, ms. */
  readonly processingMs: number;
  /** What its clock shows minus the true time, ms. */
  readonly clockOffsetMs: number;
  /** undefined: as much as it likes. */
  readonly uploadBytesPerSecond: number | undefined;
  /** Whether it refuses connections when its node has gone. */
  readonly refuses: boolean;
}

export interface HostModel {
  /** Takes the same chances from the stream whatever the shares are, so that a run with more clients has the same slow hosts. */
  draw(random: RandomStream): HostProperties;
  /** Addresses for all hosts of one world. */
  addresses(random: RandomStream): AddressPlan;
}

const DEFAULT_DATA_CENTRES = 0.35;
/** A day: clocks that are more wrong belong to machines that nobody looks after. */
const MOST_WRONG_MS = 86_400_000;
/** Beyond this any request has timed out long ago. */
const SLOWEST_MS = 60_000;
const PATH = "scenario.hosts";

const share = { type: "number", minimum: 0, maximum: 1 };
const offset = { type: "number", minimum: 0, maximum: MOST_WRONG_MS };
const object = (required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}) => ({
  type: "object",
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
});

export const HOSTS_SCHEMA = object(
  {},
  {
    clients: share,
    slow: object({ share, processingMs: { type: "number", minimum: 0, maximum: SLOWEST_MS } }),
    clock: oneOfKinds("model", { normal: kind({ sigmaMs: offset }), uniform: kind({ maxMs: offset }) }),
    upload: object({ bytesPerSecond: { type: "number", minimum: 1, maximum: 1e12 } }, { share }),
    closedPorts: share,
    dataCentres: share,
  },
);

const checkSpec = specChecker(HOSTS_SCHEMA);

/**
 * Makes the model that a spec describes; nothing is taken for granted about the spec.
 * @throws SynapseError `bad_options` naming the field that is wrong, and what it may be.
 */
export function hostModel(given: unknown = {}): HostModel {
  checkSpec(given, PATH);
  const { clients = 0, slow, clock, upload, closedPorts = 0, dataCentres = DEFAULT_DATA_CENTRES } = given as HostsSpec;
  return {
    draw: (random) => ({
      isClient: random.next() < clients,
      processingMs: random.next() < (slow?.share ?? 0) ? (slow?.processingMs ?? 0) : 0,
      uploadBytesPerSecond: random.next() < (upload?.share ?? 1) ? upload?.bytesPerSecond : undefined,
      clockOffsetMs: offsetOf(clock, random.normal(), random.next()),
      refuses: random.next() < closedPorts,
    }),
    addresses: (random) => new AddressPlan(random, dataCentres),
  };
}

function offsetOf(clock: HostsSpec["clock"], normal: number, uniform: number): number {
  switch (clock?.model) {
    case undefined:
      return 0;
    case "normal":
      return clock.sigmaMs * normal;
    case "uniform":
      return clock.maxMs * (2 * uniform - 1);
  }
}
