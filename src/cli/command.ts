import { Command } from "commander";
import { SynapseError } from "../errors.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import { Output } from "./output.ts";

/** What a command runs with. */
export interface CommandContext {
  readonly output: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Makes a command with `--json`, examples and the exit codes in its help. */
export function makeCommand(name: string, summary: string, examples: readonly string[]): Command {
  return makeGroup(name, summary, examples).option("--json", "print data as JSON on stdout");
}

/** A command that only has others below it: it takes no options, or it would take theirs. */
export function makeGroup(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}\n\n${EXIT_CODES_HELP}`);
}

/**
 * Whoever types an option means it to do something. What comes from the environment is for all commands alike, and may be of no use here.
 * @param idle names of options that do nothing beside what was typed otherwise.
 * @throws SynapseError `bad_options`.
 */
export function refuseIdle(command: Command, idle: readonly string[], why: string): void {
  const typed = idle.find((name) => command.getOptionValueSource(name) === "cli");
  if (typed !== undefined) throw new SynapseError("bad_options", `--${typed} does nothing here: ${why}`, { hint: "leave it out" });
}

/** The help on commands below one, which names those that are not there; commander's own would just show what there is. */
export function helpCommand(group: Command): Command {
  return new Command("help")
    .description("explain a command, with examples")
    .argument("[command...]")
    .action((words: readonly string[]) => {
      let command = group;
      for (const word of words) {
        const found = command.commands.find((each) => each.name() === word);
        if (found === undefined) return command.error(`error: unknown command '${word}'`, { code: "commander.unknownCommand" });
        command = found;
      }
      command.outputHelp();
    });
}

/** Runs what a command does, with its output and an end by Ctrl-C. A second Ctrl-C ends the process at once. */
export async function inContext(options: { readonly json?: boolean }, run: (context: CommandContext) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    await run({ output: new Output(options.json === true), signal: abort.signal });
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
