/** Characters of a version that are looked at: whoever publishes more has none. */
const MAX_VERSION_CHARS = 64;
const VERSION = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

interface Version {
  readonly numbers: readonly number[];
  /** Identifiers of a pre-release; none: a release. */
  readonly pre: readonly string[];
}

/**
 * Which of two versions comes first (Semantic Versioning 2.0.0, section 11): negative, 0 or positive; undefined where one is no version.
 * `1.2` is 1.2.0, `v1` is 1.0.0. Holders do this for each of their records, so it is no more than this comparison, and without a package.
 */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [readVersion(a), readVersion(b)];
  if (left === undefined || right === undefined) return undefined;
  for (let i = 0; i < left.numbers.length; i++) {
    const difference = (left.numbers[i] as number) - (right.numbers[i] as number);
    if (difference !== 0) return difference;
  }
  return comparePre(left.pre, right.pre);
}

function readVersion(text: string): Version | undefined {
  const found = text.length > MAX_VERSION_CHARS ? null : VERSION.exec(text);
  if (found === null) return undefined;
  const [, major, minor = "0", patch = "0", pre] = found;
  return { numbers: [Number(major), Number(minor), Number(patch)], pre: pre === undefined ? [] : pre.split(".") };
}

/** A release comes after all its pre-releases. */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compareIdentifiers(a[i] as string, b[i] as string);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Numbers by their size and before all words; words by their characters. */
function compareIdentifiers(a: string, b: string): number {
  if (a === b) return 0;
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return compareNumbers(a.replace(/^0+/, ""), b.replace(/^0+/, ""));
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Of digits without leading zeros: a date with a build number behind it is more than fits a number. */
function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  return a.length - b.length || (a < b ? -1 : 1);
}
