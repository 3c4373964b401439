import { SynapseError } from "../../routing/index.ts";

/** A field of scenarios, by its path, and what it is to be: one run for each. */
export interface Parameter {
  readonly path: string;
  readonly values: readonly unknown[];
}

const PATH = /^[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*$/;
const OPENING = "{[";
const CLOSING = "}]";

/**
 * Reads `nodes=100,300` or `churn.meanMs=5m,20m`. Values are JSON where they can be read as such (numbers, `true`, `null`, objects), and
 * text otherwise.
 * @throws SynapseError `bad_options`.
 */
export function readParameter(text: string): Parameter {
  const at = text.indexOf("=");
  const path = text.slice(0, at);
  if (at < 1 || !PATH.test(path))
    throw badParameter(`${JSON.stringify(text)} is no parameter: write its path in a scenario, =, and values`);
  const parts = splitAtCommas(text.slice(at + 1));
  if (parts.some((part) => part === "")) throw badParameter(`${text}: a value is missing`);
  const values = parts.map(readValue);
  const twice = values.find((value, index) => values.findIndex((other) => isSame(other, value)) < index);
  if (twice !== undefined) throw badParameter(`${path}: ${JSON.stringify(twice)} is there twice`);
  return { path, values };
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Those within braces, brackets or quotes belong to a value. */
function splitAtCommas(text: string): string[] {
  const parts = [""];
  let depth = 0;
  let quoted = false;
  for (const [index, char] of [...text].entries()) {
    if (char === '"' && text[index - 1] !== "\\") quoted = !quoted;
    if (!quoted && OPENING.includes(char)) depth += 1;
    if (!quoted && CLOSING.includes(char)) depth -= 1;
    if (char === "," && depth === 0 && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => part.trim());
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function badParameter(message: string): SynapseError {
  return new SynapseError("bad_options", message, { hint: "such as: nodes=100,300 overlay.alpha=2,3,4 churn.meanMs=5m,1h" });
}
