/** Names as far as this from what was meant are no help. */
const FAR = 0.5;

/** Of these names the ones that look most like what was written, the nearest first; none where none does. */
export function nearestNames(written: string, names: readonly string[], most = 3): string[] {
  const limit = Math.ceil(written.length * FAR);
  return names
    .map((name) => ({ name, edits: name.startsWith(written) || written.startsWith(name) ? 1 : editsBetween(written, name) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, most)
    .map(({ name }) => name);
}

/** Letters to put in, take out or exchange (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const exchanged = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
