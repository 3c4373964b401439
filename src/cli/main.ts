#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { SynapseError } from "../errors.ts";
import { askCommand } from "./ask.ts";
import { callCommand } from "./call.ts";
import { helpCommand } from "./command.ts";
import { demoCommand } from "./demo/command.ts";
import { EXIT_CODES_HELP, ExitCode, exitCodeOf } from "./exit-codes.ts";
import { findCommand } from "./find.ts";
import { infoCommand } from "./info.ts";
import { Output } from "./output.ts";
import { peersCommand } from "./peers.ts";
import { pingCommand } from "./ping.ts";
import { simCommand } from "./sim/command.ts";
import { startCommand } from "./start.ts";

const program = new Command("synapse")
  .description("A peer-to-peer network of agents: join it, find agents by what they can do, have them work, simulate it.")
  .version(versionOf())
  .addCommand(demoCommand())
  .addCommand(startCommand())
  .addCommand(findCommand())
  .addCommand(askCommand())
  .addCommand(callCommand())
  .addCommand(pingCommand())
  .addCommand(infoCommand())
  .addCommand(peersCommand())
  .addCommand(simCommand())
  .addHelpText("after", `\nSee it work: synapse demo. Help on a command, with examples: synapse help COMMAND.\n${EXIT_CODES_HELP}`);

for (const group of [program, ...program.commands.filter(({ commands }) => commands.length > 0)]) group.addCommand(helpCommand(group));

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  const { commands } = command;
  const below = commands.length === 0 ? "" : `Commands: ${commands.map((each) => each.name()).join(", ")}.\n`;
  command.exitOverride().showHelpAfterError(`${below}Run it with --help for what it takes.`).showSuggestionAfterError();
}

// Whoever reads has read enough: `synapse find … | head -1`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? ExitCode.done : ExitCode.unexpected));

// Nobody reads what is said beside it (a log pipe that has ended, a full disk): an agent works on, and exit codes stay what they are.
process.stderr.on("error", () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = end(error);
}

/** Says what went wrong, unless that has been said, and gives the exit code. */
function end(error: unknown): ExitCode {
  const output = new Output(process.argv.includes("--json"));
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return ExitCode.done;
    if (output.json) output.fail(new SynapseError("usage", error.message.replace(/^error: /, ""))); // for people, commander has said it
    return ExitCode.usage;
  }
  const code = exitCodeOf(error);
  if (code === ExitCode.interrupted && error instanceof SynapseError) output.interrupted(error);
  else output.fail(error);
  return code;
}

function versionOf(): string {
  const file = new URL(import.meta.resolve("synapse-p2p/package.json")); // found by name, since this file runs from dist/ and from src/
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
