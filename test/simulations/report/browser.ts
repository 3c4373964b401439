import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Where the browser is; undefined where there is none. */
export const browserPath: string | undefined = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)]
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find(isExecutable);

/** Without a browser the tests are left out, and say so; not in CI, where one has to be. */
export const isLeftOut = browserPath === undefined && process.env["CI"] === undefined;
export const title = isLeftOut ? " (left out: no chromium on the PATH)" : "";

export function launch(): Promise<Browser> {
  if (browserPath === undefined) throw new Error("there is no chromium on the PATH");
  return chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
