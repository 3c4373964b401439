import { type Command, InvalidArgumentError } from "commander";
import type { FindReport, FindResult, Match, Rank, WatchEvent } from "../../dht/index.ts";
import { shortId, toHex } from "../../routing/index.ts";
import { shortAddress } from "../address.ts";
import { SynapseError } from "../errors.ts";
import type { Node } from "../node.ts";
import { type CommandContext, inContext, makeCommand, refuseIdle } from "./command.ts";
import { describeTrace, traceData } from "./explain.ts";
import { bootstrapOption, swarmOption, timeoutOption, wholeNumber } from "./options.ts";
import { type Colours, printable, table } from "./output.ts";
import { asOneName, checkQuery } from "./query-text.ts";
import { staying, visiting } from "./visitor.ts";

interface FindFlags {
  readonly bootstrap?: readonly string[];
  readonly swarm: string;
  readonly limit: number;
  readonly rank?: Rank;
  readonly explain?: boolean;
  readonly watch?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

export function findCommand() {
  return makeCommand("find", "Find agents by what they can do.", [
    "synapse find code-review --bootstrap 127.0.0.1:9999",
    "synapse find 'code-review lang=typescript price<0.02 version>=1.2 !gpu' --rank price",
    "synapse find '(code-review | security-audit) verified' --rank nearest --limit 5 --json",
    "synapse find 'code-review lang=go' --explain",
  ])
    .argument(
      "<query...>",
      "a capability finds all below it: code-review finds code-review/python; conditions stand behind it. In quotes: < > ( ) | !",
    )
    .addOption(bootstrapOption())
    .addOption(swarmOption())
    .option("--limit <N>", "agents wanted at most", wholeNumber(1, 10_000), 20)
    .option("--rank <HOW>", "nearest (pings them), fresh, random, or an attribute: price, price:desc", rank)
    .option("--watch", "stay, and tell who appears, changes and leaves, until Ctrl-C")
    .option("--explain", "show how the search went: keys, nodes, times, and near misses")
    .addOption(timeoutOption(30_000))
    .action((words: readonly string[], flags: FindFlags, command: Command) =>
      inContext(flags, (context) => {
        const query = words.join(" ");
        checkQuery(query);
        if (flags.watch) refuseIdle(command, ["limit", "rank", "explain"], "--watch tells of everybody, in the order in which they come");
        return (flags.watch ? watch : find)(query, flags, context);
      }),
    );
}

async function find(query: string, flags: FindFlags, { output, signal }: CommandContext): Promise<void> {
  const { limit, rank, explain } = flags;
  const result = await visiting(flags, signal, (node: Node, within) => node.find(query, { limit, rank, explain, signal: within }));
  const { matches, report, trace } = result;
  // Who asks why nobody was found is to see it.
  if (trace !== undefined && !output.json) output.data({}, (style) => describeTrace(style, query, trace));
  if (matches.length === 0) throw nobody(query, report);
  output.data(resultData(query, result), (style) => describeMatches(style, matches, report));
}

async function watch(query: string, flags: FindFlags, { output, signal }: CommandContext): Promise<void> {
  await staying(flags, signal, async (node) => {
    output.say(output.sayStyle.dim(`watching ${printable(query)}; Ctrl-C ends it`));
    for await (const event of node.watch(query, { signal })) {
      const why = event.kind === "left" ? { why: event.why } : {};
      output.data({ event: event.kind, ...why, match: matchData(event.match) }, (style) => describeEvent(style, event));
    }
  });
}

function describeEvent(style: Colours, event: WatchEvent): string {
  const { record } = event.match;
  const who = printable(
    `${record.name} (${shortId(record.publisher)}) ${record.capability} ${record.addresses.map(shortAddress).join(" ")}`,
  );
  switch (event.kind) {
    case "appeared":
      return `${style.green("+ appeared")}  ${who}`;
    case "changed":
      return `${style.yellow("~ changed")}   ${who} ${style.dim(printable(describeFacts(event.match)))}`;
    case "left":
      return `${style.red("- left")}      ${who} ${style.dim(event.why)}`;
  }
}

function describeFacts({ record: { version, attributes } }: Match): string {
  const facts = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return [...(version === "" ? [] : [`version=${version}`]), ...facts].join(" ");
}

function resultData(query: string, { matches, report, trace }: FindResult) {
  return { query, matches: matches.map(matchData), report, ...(trace && { trace: traceData(trace) }) };
}

function nobody(query: string, report: FindReport): SynapseError {
  return new SynapseError("not_found", `nobody offers ${query} (${describeCost(report)})`, {
    hint: report.complete
      ? `every node responsible for it was asked; ${inOneName(query)}is the agent running, in the same swarm, under that very name? --explain shows near misses`
      : "some of the nodes responsible for it did not answer; try again",
  });
}

function inOneName(query: string): string {
  const name = asOneName(query);
  return name === undefined ? "" : `one capability of that name is written ${name}; `;
}

/** `nearest`, `fresh`, `random`, `price`, `price:desc` */
export function rank(text: string): Rank {
  if (text === "nearest" || text === "fresh" || text === "random") return text;
  const [attribute = "", order = "asc", ...rest] = text.split(":");
  if (attribute === "" || (order !== "asc" && order !== "desc") || rest.length > 0)
    throw new InvalidArgumentError("Write nearest, fresh, random, or an attribute: price, price:desc.");
  return { attribute, order };
}

export function describeMatches(style: Colours, matches: readonly Match[], report: FindReport, indent = 0): string[] {
  const isPinged = matches.some(({ roundTripMs }) => roundTripMs !== undefined);
  const rows = matches.map(({ record, hop, ms, also, roundTripMs }) => [
    record.name,
    record.role,
    [record, ...also].map(({ capability }) => capability).join(" "),
    record.addresses.map(shortAddress).join(" "),
    shortId(record.publisher),
    hop,
    Math.round(ms),
    ...(isPinged ? [roundTripMs === undefined ? "–" : `${roundTripMs.toFixed(1)} ms`] : []),
  ]);
  const agents = new Set(matches.map(({ record }) => record.publisherKey)).size; // one may be found by several of its records
  const many = agents === 1 ? "1 agent" : `${agents} agents`;
  return [
    ...table(style, ["NAME", "ROLE", "CAPABILITY", "ADDRESS", "NODE", "HOPS", "MS", ...(isPinged ? ["PING"] : [])], rows, indent),
    "",
    `${" ".repeat(indent)}${style.bold(many)} ${style.dim(`· ${describeCost(report)}`)}`,
  ];
}

export function describeCost({ hops, requests, failed, ms, complete, truncated }: FindReport): string {
  const parts = [`${hops} ${hops === 1 ? "hop" : "hops"}`, `${requests} ${requests === 1 ? "request" : "requests"}`];
  if (failed > 0) parts.push(`${failed} failed`);
  parts.push(`${Math.round(ms)} ms`);
  parts.push(truncated ? "there may be more: --limit" : complete ? "complete" : "incomplete: some did not answer");
  return parts.join(" · ");
}

/** A match for machines. */
export function matchData({ record, also, from, hop, ms, roundTripMs }: Match) {
  const { publisher, capability, name, role, description, version, attributes, addresses, issued, expires } = record;
  return {
    id: toHex(publisher),
    capability,
    ...(also.length > 0 && { also: also.map((other) => other.capability) }),
    name,
    role,
    description,
    version,
    attributes,
    addresses,
    issued: new Date(issued).toISOString(),
    expires: new Date(expires).toISOString(),
    heardFrom: from === undefined ? null : from.key,
    hop,
    ms: Math.round(ms * 10) / 10,
    ...(roundTripMs !== undefined && { roundTripMs: Math.round(roundTripMs * 10) / 10 }),
  };
}
