/** Elements that HTML closes by itself. */
const VOID = new Set(["meta", "input", "br", "col"]);
/** Elements whose content is no markup. */
const RAW = new Set(["style", "script"]);
const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z_:][-a-zA-Z0-9_:.]*="[^"<]*")*)\s*(\/?)>/;
const ATTRIBUTE = /([-a-zA-Z0-9_:.]+)="([^"]*)"/g;
const ENTITY = /^&(?:amp|lt|gt|quot|#39);/;

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * Reads a page as strictly as XML is read: every tag closed in its order, every attribute quoted, no bare `<` or `&`. @throws on what is
 * not.
 */
export function parsePage(page: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  let at = "<!DOCTYPE html>\n".length;
  while (at < page.length) {
    const end = page.indexOf("<", at);
    checkText(page.slice(at, end < 0 ? page.length : end));
    if (end < 0) break;
    const match = TAG.exec(page.slice(end, end + 400_000));
    if (match === null) throw new Error(`no tag: ${page.slice(end, end + 80)}`);
    const [whole, isEnd, name = "", attributes = ""] = match;
    at = end + whole.length;
    if (isEnd) close(open, name);
    else {
      elements.push({ name, attributes: attributesOf(attributes) });
      if (!VOID.has(name)) open.push(name);
      if (RAW.has(name)) at = page.indexOf(`</${name}>`, at);
    }
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(", ")}`);
  return elements;
}

function close(open: string[], name: string): void {
  const last = open.pop();
  if (last !== name) throw new Error(`</${name}> where ${last ?? "nothing"} is open`);
}

function attributesOf(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of source.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) throw new Error(`${name} twice`);
    checkText(value);
    attributes.set(name, value);
  }
  return attributes;
}

function checkText(text: string): void {
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1)) {
    if (!ENTITY.test(text.slice(at, at + 8))) throw new Error(`bare &: ${text.slice(at, at + 20)}`);
  }
}
