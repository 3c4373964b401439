import { createHash } from "node:crypto";
import { element, Markup, together } from "./markup.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** The whole document. Nothing is loaded: the policy allows this very style and this very script, and no address at all. */
export function page(title: string, body: Markup): string {
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const head = element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("meta", { name: "color-scheme", content: "light dark" }),
    element("meta", { name: "referrer", content: "no-referrer" }),
    element("title", {}, title),
    element("style", {}, new Markup(STYLE)),
  );
  const script = element("script", {}, new Markup(SCRIPT));
  return `<!DOCTYPE html>\n${element("html", { lang: "en" }, head, element("body", {}, together(body, script))).source}\n`;
}

function hashOf(source: string): string {
  return `sha256-${createHash("sha256").update(source).digest("base64")}`;
}
