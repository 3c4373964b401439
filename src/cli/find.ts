import type { FindReport, Match } from "../../dht/index.ts";
import { shortId, toHex } from "../../routing/index.ts";
import { shortAddress } from "../address.ts";
import { SynapseError } from "../errors.ts";
import type { Node } from "../node.ts";
import { inContext, makeCommand } from "./command.ts";
import { bootstrapOption, swarmOption, timeoutOption, wholeNumber } from "./options.ts";
import { type Colours, table } from "./output.ts";
import { visiting } from "./visitor.ts";

interface FindFlags {
  readonly bootstrap?: readonly string[];
  readonly swarm: string;
  readonly limit: number;
  readonly timeout: number;
  readonly json?: boolean;
}

export function findCommand() {
  return makeCommand("find", "Find agents by what they can do.", [
    "synapse find code-review --bootstrap 127.0.0.1:9999",
    "synapse find code-review --bootstrap 127.0.0.1:9999 --limit 5 --json",
    "SYNAPSE_BOOTSTRAP=127.0.0.1:9999 synapse find translation",
  ])
    .argument("<name>", "capability; a name finds all below it: code-review finds code-review/python")
    .addOption(bootstrapOption())
    .addOption(swarmOption())
    .option("--limit <N>", "agents wanted at most", wholeNumber(1, 10_000), 20)
    .addOption(timeoutOption(30_000))
    .action((name: string, flags: FindFlags) =>
      inContext(flags, async ({ output, signal }) => {
        const { matches, report } = await visiting(flags, signal, (node: Node, within) =>
          node.find(name, { limit: flags.limit, signal: within }),
        );
        if (matches.length === 0) {
          throw new SynapseError("not_found", `nobody offers ${name} (${describeCost(report)})`, {
            hint: report.complete
              ? "every node responsible for the name was asked; is the agent running, in the same swarm, under that very name?"
              : "some of the nodes responsible for the name did not answer; try again",
          });
        }
        output.data({ capability: name, matches: matches.map(matchData), report }, (style) => describeMatches(style, matches, report));
      }),
    );
}

export function describeMatches(style: Colours, matches: readonly Match[], report: FindReport, indent = 0): string[] {
  const rows = matches.map(({ record, hop, ms }) => [
    record.name,
    record.role,
    record.capability,
    record.addresses.map(shortAddress).join(" "),
    shortId(record.publisher),
    hop,
    Math.round(ms),
  ]);
  const many = matches.length === 1 ? "1 agent" : `${matches.length} agents`;
  return [
    ...table(style, ["NAME", "ROLE", "CAPABILITY", "ADDRESS", "NODE", "HOPS", "MS"], rows, indent),
    "",
    `${" ".repeat(indent)}${style.bold(many)} ${style.dim(`· ${describeCost(report)}`)}`,
  ];
}

export function describeCost({ hops, requests, failed, ms, complete, truncated }: FindReport): string {
  const parts = [`${hops} ${hops === 1 ? "hop" : "hops"}`, `${requests} requests`];
  if (failed > 0) parts.push(`${failed} failed`);
  parts.push(`${Math.round(ms)} ms`);
  parts.push(truncated ? "there may be more: --limit" : complete ? "complete" : "incomplete: some did not answer");
  return parts.join(" · ");
}

/** A match for machines. */
export function matchData({ record, from, hop, ms }: Match) {
  const { publisher, capability, name, role, description, version, attributes, addresses, issued, expires } = record;
  return {
    id: toHex(publisher),
    capability,
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
  };
}
