/** A figure of the recording by its path. Whoever records by hand may call it anything else, which is left as it is. */
const PATH = /^[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$/;

/** `lookups.requests.mean` is "requests of lookups, mean". */
export function figureName(path: string): string {
  if (!PATH.test(path)) return path;
  const [subject = "", ...rest] = path
    .replace(/^adversaries\./, "")
    .split(".")
    .map(inWords);
  const [measure, ...statistic] = rest;
  return measure === undefined ? subject : [`${measure} of ${subject}`, ...statistic].join(", ");
}

function inWords(step: string): string {
  return step
    .replace(/Ms$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/^bytes per node second$/, "bytes a second and node");
}
