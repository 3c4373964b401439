import { Client, type ClientOptions, Identity } from "../../src/index.ts";
import { closing, type GlassServer, serve } from "../support/net/lifetime.ts";
import { isLeftOut, missing, PythonClient, type PythonHello, type PythonServerOptions, pythonServer } from "./python-peer.ts";

export const DIALECTS = ["plain", "secure"] as const;
export type Dialect = (typeof DIALECTS)[number];
export const title = isLeftOut ? ` (left out: ${missing})` : "";
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A value here, and as Python writes it. */
export const VALUES: readonly (readonly [name: string, here: unknown, there: string])[] = [
  ["2^53 - 1", 2 ** 53 - 1, "9007199254740991"],
  ["-2^53 + 1", -(2 ** 53) + 1, "-9007199254740991"],
  ["2^53", 2n ** 53n, "9007199254740992"],
  ["-2^53", -(2n ** 53n), "-9007199254740992"],
  ["2^53 + 1", 2n ** 53n + 1n, "9007199254740993"],
  ["-2^63", -(2n ** 63n), "-9223372036854775808"],
  ["2^63", 2n ** 63n, "9223372036854775808"],
  ["2^64 - 1", 2n ** 64n - 1n, "18446744073709551615"],
  ["2^32", 2 ** 32, "4294967296"],
  ["-2^31 - 1", -(2 ** 31) - 1, "-2147483649"],
  ["0", 0, "0"],
  ["-1", -1, "-1"],
  ["a float", 0.1, "0.1"],
  ["a tiny float", 5e-324, "5e-324"],
  ["a huge float", 1.7976931348623157e308, "1.7976931348623157e+308"],
  ["bytes", Uint8Array.of(0, 255, 16), "b'\\x00\\xff\\x10'"],
  ["no bytes", new Uint8Array(), "b''"],
  ["None", null, "None"],
  ["True", true, "True"],
  ["text", "naïve 日本 🙂 \u0000", "'naïve 日本 🙂 \\x00'"],
  ["no text", "", "''"],
  ["nested lists", [[], [1, [2, [null]]]], "[[], [1, [2, [None]]]]"],
  ["nested maps", { a: { "": [{ é: 2n ** 64n - 1n }] }, b: {} }, "{'a': {'': [{'é': 18446744073709551615}]}, 'b': {}}"],
];

/** Our client, linked with the Python server. */
export async function toPython(dialect: Dialect, options: PythonServerOptions = {}, ours: ClientOptions = {}) {
  const identity = Identity.generate();
  const { port, id } = await pythonServer({ ...options, ...(dialect === "secure" && { trusted: [identity] }) });
  return { client: closing(new Client("127.0.0.1", port, { dialect, identity, ...ours })), identity, id };
}

/** The Python client, linked with our server. */
export async function fromPython(dialect: Dialect, prepare: (server: GlassServer) => unknown, options: PythonHello = {}) {
  const server = await serve({}, prepare);
  return { server, python: await PythonClient.connect(server.port, dialect, options) };
}

export async function read(stream: AsyncIterable<unknown> | undefined): Promise<number[]> {
  const items: number[] = [];
  for await (const item of stream ?? []) items.push(item as number);
  return items;
}
