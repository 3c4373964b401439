import { readFileSync } from "node:fs";
import { decode } from "@msgpack/msgpack";

const HEADER_BYTES = 4;

/** One recorded exchange with the Python server of the seed. */
export interface SeedExchange {
  readonly name: string;
  readonly request_hex: string;
  readonly response_hex: string;
}

/** One recorded call of the Python client of the seed. */
export interface SeedCall {
  readonly request_hex: string;
}

/** One recorded exchange between nodes of the newest Python version. */
export interface SwarmExchange {
  readonly to: string;
  readonly case?: string;
  readonly request: { readonly endpoint: string };
  readonly request_hex: string;
  readonly response_hex: string;
}

export const seedWire = load<{ readonly server: readonly SeedExchange[]; readonly client: readonly SeedCall[] }>("python-seed-wire.json");
export const swarmWire = load<{ readonly exchanges: readonly SwarmExchange[] }>("python-2026-07-wire.json");

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

/** The message in a frame, decoded by a library alone; integers of 64 bits are bigints, so that none is mistaken for a float. */
export function messageIn(frame: Uint8Array): Record<string, unknown> {
  return decode(frame.subarray(HEADER_BYTES), { useBigInt64: true }) as Record<string, unknown>;
}

/** The message of a recorded frame. */
export function recorded(hex: string): Record<string, unknown> {
  return messageIn(bytesOf(hex));
}

function load<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), "utf8")) as T;
}
