import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Option } from "commander";
import { ATTRIBUTE_NAME, bareValue } from "../../dht/index.ts";
import { toHex } from "../../routing/index.ts";
import { DEFAULT_PORT, formatAddress, parseAddress, shortAddress } from "../address.ts";
import type { CapabilityOptions } from "../agent-capability.ts";
import { AgentNode, type TaskHandler } from "../agent-node.ts";
import { messageOf, SynapseError } from "../errors.ts";
import { Identity } from "../identity.ts";
import { type CommandContext, inContext, makeCommand } from "./command.ts";
import { address, bootstrapOption, collect, swarmOption, visibleText } from "./options.ts";
import type { Output } from "./output.ts";
import { programHandler } from "./task-program.ts";

interface StartFlags {
  readonly name?: string;
  readonly role?: string;
  readonly description?: string;
  readonly capability?: readonly string[];
  readonly attribute?: readonly string[];
  readonly listen: string;
  readonly announce?: readonly string[];
  readonly bootstrap?: readonly string[];
  readonly swarm: string;
  readonly identity?: string;
  readonly state?: string;
  readonly handler?: string;
  readonly exec?: string;
  readonly plaintext: "loopback" | "any" | "off";
  readonly json?: boolean;
}

export function startCommand() {
  return makeCommand("start", "Be a node: an agent if it can do something, a member for others to join through if not.", [
    "synapse start --listen 127.0.0.1:9999",
    "synapse start --name ada --capability code-review --exec ./review.py --listen 127.0.0.1:0 --bootstrap 127.0.0.1:9999",
    "synapse start --name cy --capability code-review --attribute lang=go --attribute price=0.02 --exec ./review.py",
    'synapse start --name bo --capability "translation=English to German" --handler ./translate.mjs --bootstrap 127.0.0.1:9999',
  ])
    .option("--name <NAME>", "what people call it; default: the beginning of its id", visibleText)
    .option("--role <TEXT>", "what it is, in a word or two")
    .option("--description <TEXT>", "what it does, in a sentence")
    .option("--capability <NAME[=TEXT]>", "something it can do, found under this name; may be given several times", collect)
    .option("--attribute <NAME=VALUE>", "a fact about what it can do, for queries: lang=go, price=0.02, gpu=true, version=1.2.0", collect)
    .option("--listen <HOST:PORT>", "where to take calls; port 0 for any that is free", address, `127.0.0.1:${DEFAULT_PORT}`)
    .option("--announce <HOST:PORT>", "address to tell others, where it differs from --listen; may be given several times", collect)
    .addOption(bootstrapOption())
    .addOption(swarmOption())
    .option("--identity <FILE>", "keep the key pair in this file, so that the node id stays; default: a new id each time")
    .option("--state <FILE>", "keep the best contacts and what was published in this file: after a restart it needs no --bootstrap")
    .option("--handler <FILE>", "a module whose default export does the work: (task, context) => result")
    .option("--exec <COMMAND>", 'a program that does the work: {"task", "context"} on its stdin, its stdout is the result')
    .addOption(plaintextOption())
    .action((flags: StartFlags) => inContext(flags, (context) => serve(flags, context)));
}

async function serve(flags: StartFlags, { output, signal }: CommandContext): Promise<void> {
  const log = (line: string) => output.say(`${new Date().toISOString()} ${line}`);
  const handler = await handlerOf(flags, log);
  const identity = flags.identity === undefined ? Identity.generate() : await identityIn(flags.identity, output);
  const { state } = flags;
  const node = new AgentNode({ ...cardOf(flags, identity), ...networkOf(flags), identity, ...(state !== undefined && { state }), log });
  if (handler !== undefined) node.onTask(handler);
  await node.start({ signal });
  const offered = node.capabilities.length;
  if (handler === undefined && offered > 0) {
    const many = offered === 1 ? "1 capability" : `${offered} capabilities`;
    output.say(`${output.sayStyle.yellow("warning")} it offers ${many} but has nobody to do the work: add --exec or --handler`);
  }
  const own = shortAddress(node.addresses[0] ?? formatAddress({ host: parseAddress(flags.listen).host, port: node.port }));
  const data = {
    id: toHex(node.id),
    name: node.name,
    swarm: node.swarm,
    addresses: node.addresses,
    capabilities: node.capabilities.map(({ name }) => name),
    peers: node.peers.length,
  };
  output.data(data, (style) => [
    `${style.bold(node.name)} ${style.dim(toHex(node.id))}`,
    ...node.describe(),
    ...node.capabilities.map(({ name, description }) => `  offers   ${name}${description && ` – ${description}`}`),
    `  swarm    ${node.swarm}, ${node.peers.length} ${node.peers.length === 1 ? "peer" : "peers"} known`,
    "",
    `others join with ${style.cyan(`--bootstrap ${own}`)}; Ctrl-C ends it`,
  ]);
  await new Promise((ended) => {
    if (signal.aborted) ended(undefined);
    signal.addEventListener("abort", ended, { once: true });
  });
  output.say("stopping: withdrawing what was published …");
  await node.stop();
}

/** Whoever has mistyped the name of a file has a new id from now on, and is to see that. */
async function identityIn(file: string, output: Output): Promise<Identity> {
  const isNew = !existsSync(file);
  const identity = await Identity.loadOrCreate(file);
  if (isNew) output.say(`new key written to ${file}`);
  return identity;
}

function cardOf({ name, role, description, capability = [], attribute = [] }: StartFlags, identity: Identity) {
  if (attribute.length > 0 && capability.length === 0)
    throw new SynapseError("bad_options", "--attribute is a fact about a capability, and there is none", { hint: "add --capability NAME" });
  refuseTwice("--capability", capability);
  refuseTwice("--attribute", attribute);
  const facts = factsOf(attribute);
  return {
    name: name ?? toHex(identity.nodeId).slice(0, 8),
    ...(role !== undefined && { role }),
    ...(description !== undefined && { description }),
    capabilities: capability.map((text) => ({ ...parseCapability(text), ...facts })),
  };
}

function networkOf({ listen, announce, bootstrap, swarm, plaintext: who }: StartFlags) {
  return {
    ...parseAddress(listen),
    swarm,
    plaintext: who,
    join: "background" as const,
    ...(announce && { announce }),
    ...(bootstrap && { bootstrap }),
  };
}

/** Whoever says two things of one name means one of them, and which, only he knows. */
function refuseTwice(option: string, texts: readonly string[]): void {
  const names = texts.map((text) => text.split("=", 1)[0] as string);
  const twice = names.find((name, place) => names.indexOf(name) < place);
  if (twice !== undefined) throw new SynapseError("bad_options", `${option} ${twice} is given twice`, { hint: "leave one of them out" });
}

function parseCapability(text: string): CapabilityOptions {
  const at = text.indexOf("=");
  return at < 0 ? { name: text } : { name: text.slice(0, at), description: text.slice(at + 1) };
}

/** Read as queries read them, so that `price=0.02` is the number that they compare. The version has a place of its own. */
function factsOf(texts: readonly string[]): Pick<CapabilityOptions, "version" | "attributes"> {
  const pairs = texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new SynapseError("bad_options", `--attribute ${text} is not NAME=VALUE`);
    const name = text.slice(0, at);
    if (!ATTRIBUTE_NAME.test(name))
      throw new SynapseError("bad_options", `--attribute ${text}: ${JSON.stringify(name)} is not the name of an attribute`, {
        hint: "names are [a-z][a-z0-9_.-]*, up to 32 characters: lang, max-tokens",
      });
    return [name, text.slice(at + 1)] as const;
  });
  const version = pairs.find(([name]) => name === "version")?.[1];
  const attributes = pairs.filter(([name]) => name !== "version").map(([name, value]) => [name, bareValue(value)] as const);
  return { ...(version !== undefined && { version }), attributes: Object.fromEntries(attributes) };
}

async function handlerOf({ handler, exec }: StartFlags, log: (line: string) => void): Promise<TaskHandler | undefined> {
  if (handler !== undefined && exec !== undefined) throw new SynapseError("bad_options", "--handler and --exec: only one can do the work");
  if (exec !== undefined) return programHandler(exec, log);
  return handler === undefined ? undefined : loadHandler(handler);
}

async function loadHandler(file: string): Promise<TaskHandler> {
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw new SynapseError("bad_options", `cannot load the handler ${file}: ${messageOf(error)}`, { cause: error });
  }
  if (typeof module.default === "function") return module.default as TaskHandler;
  throw new SynapseError("bad_options", `${file} has no function as its default export`, {
    hint: "write: export default async (task, context) => result",
  });
}

const plaintextOption = () =>
  new Option("--plaintext <WHO>", "from whom to take unencrypted calls, as Python nodes make them")
    .choices(["loopback", "any", "off"])
    .default("loopback");
