/** What the demonstration's agents can do: small, real work that needs no model and no network. */
export interface Skill {
  readonly capability: string;
  readonly role: string;
  readonly description: string;
  readonly work: (task: string) => string;
}

const SUSPICIOUS: readonly (readonly [RegExp, string])[] = [
  [/[^=!]==[^=]/, "compare with ===: == converts its operands first"],
  [/\beval\s*\(/, "eval runs whatever the text says, an attacker's too"],
  [/\bvar\s/, "var leaks out of its block: use const or let"],
  [/catch\s*(\([^)]*\))?\s*\{\s*\}/, "an empty catch hides what went wrong"],
  [/console\.log/, "a console.log was left behind"],
];

export const SKILLS: readonly Skill[] = [
  {
    capability: "code-review",
    role: "reviewer",
    description: "Looks for common mistakes in JavaScript",
    work(task) {
      const remarks = SUSPICIOUS.filter(([pattern]) => pattern.test(task)).map(([, remark]) => remark);
      return remarks.length === 0 ? "nothing to complain about" : remarks.join("; ");
    },
  },
  {
    capability: "text/summary",
    role: "editor",
    description: "Gives the first sentence and the length",
    work: (task) => `${/^[^.!?]*[.!?]?/.exec(task)?.[0] ?? ""} (${words(task).length} words)`,
  },
  {
    capability: "text/keywords",
    role: "librarian",
    description: "Finds the words used most",
    work(task) {
      const counts = new Map<string, number>(); // at most the words of one task
      for (const word of words(task.toLowerCase())) if (word.length > 3) counts.set(word, (counts.get(word) ?? 0) + 1);
      const sorted = [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
      return sorted
        .slice(0, 5)
        .map(([word, count]) => `${word} ×${count}`)
        .join(", ");
    },
  },
  {
    capability: "translation/pig-latin",
    role: "translator",
    description: "Translates into Pig Latin",
    work: (task) =>
      task.replace(/[a-z]+/gi, (word) => word.replace(/^([^aeiou]*)(.*)$/i, (_, head: string, tail: string) => `${tail}${head}ay`)),
  },
  {
    capability: "math/statistics",
    role: "statistician",
    description: "Mean, least and greatest of the numbers in a text",
    work(task) {
      const numbers = (task.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
      if (numbers.length === 0) return "there is no number in it";
      const sum = numbers.reduce((a, b) => a + b, 0);
      return `${numbers.length} numbers, mean ${sum / numbers.length}, from ${Math.min(...numbers)} to ${Math.max(...numbers)}`;
    },
  },
  {
    capability: "data/json-check",
    role: "inspector",
    description: "Says whether a text is JSON, and what kind",
    work(task) {
      try {
        const value: unknown = JSON.parse(task);
        return `valid JSON: ${Array.isArray(value) ? `a list of ${value.length}` : typeof value}`;
      } catch (error) {
        return `no JSON: ${error instanceof Error ? error.message : error}`;
      }
    },
  },
  {
    capability: "web/links",
    role: "scout",
    description: "Lists the links in a text",
    work: (task) => (task.match(/https?:\/\/[^\s"'<>)]+/g) ?? ["none"]).join(" "),
  },
  {
    capability: "time/reading",
    role: "planner",
    description: "Estimates how long a text takes to read",
    work: (task) => `about ${Math.max(1, Math.round(words(task).length / 230))} min`,
  },
];

function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}'-]+/gu) ?? [];
}
