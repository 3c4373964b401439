import type { RandomStream } from "../../engine/random.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

export function maybe(random: RandomStream, probability: number): boolean {
  return random.next() < probability;
}

/** A whole number between both; as many below ten times the least as in the next ten times. */
export function between(random: RandomStream, least: number, most: number): number {
  return Math.round(least * (most / least) ** random.next());
}

/** A part between both, of few digits: a person is to read it. */
export function part(random: RandomStream, least: number, most: number): number {
  return toThree(least + (most - least) * random.next());
}

export function toThree(value: number): number {
  return Number(value.toPrecision(3));
}
