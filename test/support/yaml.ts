/** As much of YAML as the manifests of this project need: maps, lists, plain and quoted scalars, lists in brackets, folded text. */
export function readYaml(text: string): unknown {
  const lines = text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"))
    .map((line): Line => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  const reader = new Reader(lines);
  const value = reader.block(0);
  if (!reader.isDone) throw new Error(`cannot be read from here on: ${reader.next?.text}`);
  return value;
}

interface Line {
  readonly indent: number;
  readonly text: string;
}

const ENTRY = /^([\w./-]+):(?:\s+(.*))?$/;

class Reader {
  private readonly lines: Line[];

  constructor(lines: Line[]) {
    this.lines = lines;
  }

  get next(): Line | undefined {
    return this.lines[0];
  }

  get isDone(): boolean {
    return this.lines.length === 0;
  }

  /** All lines at this indentation, with what is deeper inside. */
  block(indent: number): unknown {
    return this.next?.text.startsWith("- ") ? this.list(indent) : this.map(indent);
  }

  private list(indent: number): unknown[] {
    const items: unknown[] = [];
    while (this.next?.indent === indent && this.next.text.startsWith("- ")) {
      const rest = this.take().text.slice(2);
      if (ENTRY.test(rest)) {
        this.lines.unshift({ indent: indent + 2, text: rest });
        items.push(this.map(indent + 2));
      } else items.push(this.value(rest, indent));
    }
    return items;
  }

  private map(indent: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    while (this.next?.indent === indent) {
      const { text } = this.take();
      const [, key, rest = ""] = ENTRY.exec(text) ?? [];
      if (key === undefined) throw new Error(`no entry of a map: ${text}`);
      if (entries.some(([other]) => other === key)) throw new Error(`${key} is there twice`);
      entries.push([key, this.value(rest, indent)]);
    }
    return Object.fromEntries(entries);
  }

  private value(rest: string, indent: number): unknown {
    if (rest === ">-") return this.folded(indent);
    if (rest !== "") return scalar(rest);
    const inner = this.next?.indent ?? 0;
    return inner > indent ? this.block(inner) : null;
  }

  private folded(indent: number): string {
    const parts: string[] = [];
    while (this.next !== undefined && this.next.indent > indent) parts.push(this.take().text);
    return parts.join(" ");
  }

  private take(): Line {
    const line = this.lines.shift();
    if (line === undefined) throw new Error("it ends too early");
    return line;
  }
}

/** Lists in brackets and quoted texts are JSON, and so are numbers and booleans. */
function scalar(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
