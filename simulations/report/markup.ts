/** Characters that neither HTML nor XML allows, and those that turn the direction of the text around them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be left out
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** Longest text that is shown of anything, in characters: a report stays bounded whatever the recording says. */
const MAX_TEXT = 2_000;
/** Elements of HTML that have no end tag. */
const VOID = new Set(["meta", "input", "br", "col"]);

/** Source that may go into the page as it stands. Every plain string is escaped on its way in, so that none can be forgotten. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type Child = Markup | string | undefined | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export function element(name: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  const start = `<${name}${Object.entries(attributes).map(attribute).join("")}`;
  if (VOID.has(name)) return new Markup(`${start} />`);
  return new Markup(`${start}>${content(children)}</${name}>`);
}

/** Several pieces after each other. */
export function together(...children: Child[]): Markup {
  return new Markup(content(children));
}

export function escapeText(text: string): string {
  return cut(text, MAX_TEXT)
    .toWellFormed()
    .replace(UNPRINTABLE, "")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** The text, or its beginning and an ellipsis where it has more than so many characters. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1)).trimEnd()}…`;
}

/** A coordinate: two decimals are finer than any screen. */
export function coordinate(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : "0";
}

/** A position in percent of the width of whatever is around. */
export function percentOf(part: number): string {
  return `${coordinate(part * 100)}%`;
}

function attribute([name, value]: readonly [string, string | number | boolean | undefined]): string {
  if (value === undefined || value === false) return "";
  if (value === true) return ` ${name}="${name}"`;
  return ` ${name}="${typeof value === "number" ? coordinate(value) : escapeAttribute(name, value)}"`;
}

/** Paths and the data of tooltips are ours and long; whatever is in them was bounded when they were made. */
function escapeAttribute(name: string, value: string): string {
  if (name === "d") return value;
  if (!name.startsWith("data-")) return escapeText(value);
  return value
    .toWellFormed()
    .replace(UNPRINTABLE, "")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

function content(children: readonly Child[]): string {
  return children
    .map((child) => {
      if (child === undefined) return "";
      if (child instanceof Markup) return child.source;
      return typeof child === "string" ? escapeText(child) : content(child);
    })
    .join("");
}
