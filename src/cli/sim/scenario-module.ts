import { spawnSync } from "node:child_process";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, SynapseError, systemCodeOf } from "../../errors.ts";

type Module = Readonly<Record<string, unknown>>;
type TsImport = (specifier: string, parentUrl: string) => Promise<Module>;

/** How long it may take to find the line of an error, ms. */
const CHECK_MS = 5_000;
/** How long a module may take to give its scenario, ms: it may read files, and compute. */
const GIVE_MS = 10_000;
/** How long a command that has failed waits for what a module has left open, ms. */
const LEAVE_MS = 500;
/** This Node reads no TypeScript, or none with what cannot simply be left out (enums), or none within node_modules. */
const NEEDS_LOADER: ReadonlySet<unknown> = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
  "ERR_NO_TYPESCRIPT",
]);

const NEVER_HINT = "does it wait for something that does not come? are all packages that it imports installed?";

/**
 * The default export of a module, or what it returns when it is a function.
 * @throws SynapseError `bad_options`; whatever the module throws.
 */
export async function importScenario(path: string): Promise<unknown> {
  const file = resolve(path);
  await access(file);
  const { given, scenario } = await settled(read(file));
  if (typeof scenario === "object" && scenario !== null && !Array.isArray(scenario)) return scenario;
  const what = typeof given === "function" ? "what its default export returns" : "its default export";
  throw new SynapseError(
    "bad_options",
    scenario === undefined && given === undefined ? "it has no default export" : `${what} is no scenario`,
  );
}

async function read(file: string): Promise<{ readonly given: unknown; readonly scenario: unknown }> {
  const given = defaultOf(await load(file));
  return { given, scenario: typeof given === "function" ? await called(given as () => unknown) : given };
}

/**
 * What a module gives, unless it never does: with nothing left to wait for, Node would end without a word; with something, it would wait
 * for ever.
 */
function settled<T>(reading: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (why: string) => reject(new SynapseError("bad_options", why, { hint: NEVER_HINT }));
    const onIdle = () => giveUp("it never gives a scenario: a promise in it, or in what it imports, does not settle");
    process.once("beforeExit", onIdle);
    const timer = setTimeout(() => {
      giveUp(`it has given no scenario after ${GIVE_MS / 1_000} s`);
      setTimeout(() => process.exit(), LEAVE_MS).unref();
    }, GIVE_MS);
    timer.unref(); // or Node would not be idle before it
    const stop = () => {
      clearTimeout(timer);
      process.off("beforeExit", onIdle);
    };
    reading.finally(stop).then(resolve, reject);
  });
}

async function load(file: string): Promise<Module> {
  const url = pathToFileURL(file).href;
  try {
    return (await import(url)) as Module;
  } catch (error) {
    if (!/ts$/.test(file) || !NEEDS_LOADER.has(systemCodeOf(error))) throw new Error(whereAndWhat(error, file));
  }
  const tsImport = await findLoader(file);
  try {
    return await tsImport(url, url);
  } catch (error) {
    throw new Error(whereAndWhat(error, file));
  }
}

/** tsx as it is installed beside the scenario, or where the command was given. */
async function findLoader(file: string): Promise<TsImport> {
  for (const from of [file, join(process.cwd(), "here")]) {
    try {
      const loader = (await import(loaderAt(createRequire(from)))) as { readonly tsImport: TsImport };
      return loader.tsImport;
    } catch {
      // not installed there
    }
  }
  throw new SynapseError("bad_options", `Node ${process.versions.node} cannot read TypeScript by itself`, {
    hint: "npm install tsx, or use Node 22.18 or later, or write the scenario as .js or .json",
  });
}

/** Its package says where the loader is for those that import it; to resolve its name would give the file for those that require it. */
function loaderAt(require: NodeJS.Require): string {
  const manifest = require.resolve("tsx/package.json");
  const { exports } = require(manifest) as { exports: { "./esm/api": { import: { default: string } } } };
  return pathToFileURL(join(dirname(manifest), exports["./esm/api"].import.default)).href;
}

/** Modules of the older kind are wrapped once more. */
function defaultOf(module: Module): unknown {
  const given = module["default"] as Module | undefined;
  const isWrapped = typeof given === "object" && given !== null && given["__esModule"] === true;
  return isWrapped ? given["default"] : given;
}

async function called(make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    throw new Error(`it threw: ${messageOf(error)}`);
  }
}

/** The message alone, with the line where the file cannot be read, as far as that can be found out. */
function whereAndWhat(error: unknown, file: string): string {
  const message = messageOf(error)
    .replace(/^Transform failed with \d+ errors?:\s*/, "")
    .replace(/\s*Require stack:[\s\S]*$/, "")
    .trim()
    .replace(/\s*\n\s*/g, "; ");
  const line = error instanceof SyntaxError ? lineOfSyntaxError(file) : undefined;
  return line === undefined ? message : `line ${line}: ${message}`;
}

/** A module that cannot be parsed does not say where; Node's own check of a file does, in its first line. */
function lineOfSyntaxError(file: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8", timeout: CHECK_MS });
  const [first = ""] = stderr.split("\n");
  return /:(\d+)$/.exec(first)?.[1];
}
