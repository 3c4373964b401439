import Table from "cli-table3";
import pc from "picocolors";
import { messageOf, SynapseError } from "../errors.ts";
import { isFirstToTell, type Sink, sinks } from "./thread/terminal.ts";

/** Columns of the progress bar. */
const BAR_WIDTH = 28;
/** Shorter than this it shows nothing. */
const LEAST_BAR_WIDTH = 5;
/** Columns around it. */
const BAR_MARGIN = 3;
/** No more often than this is a progress line drawn, ms. */
const REDRAW_MS = 80;
const CLEAR_LINE = "\r\u001b[2K";

export interface Streams {
  readonly out: Sink;
  readonly err: Sink;
}

/**
 * The one place where commands write. Data goes to stdout, everything said along the way to stderr. With `--json` stdout carries JSON
 * alone, one value a line. Colour and moving lines only where a person is looking.
 */
export class Output {
  readonly json: boolean;
  /** Colours for stdout, and for stderr; plain when that is not a terminal. */
  readonly style: Colours;
  readonly sayStyle: Colours;
  private readonly streams: Streams;
  private drawnAt = 0;

  constructor(json: boolean, streams: Streams = sinks()) {
    this.json = json;
    this.streams = streams;
    this.style = pc.createColors(wantsColour(streams.out));
    this.sayStyle = pc.createColors(wantsColour(streams.err));
  }

  /** The result of a command: for machines as one JSON value, for people as these lines. */
  data(value: unknown, lines: (style: Colours) => string | readonly string[]): void {
    if (this.json) {
      this.streams.out.write(`${toJson(value)}\n`);
      return;
    }
    const text = lines(this.style);
    this.streams.out.write(`${typeof text === "string" ? text : text.join("\n")}\n`);
  }

  /** Something worth knowing on the way. */
  say(text = ""): void {
    this.streams.err.write(`${text}\n`);
  }

  /** What went wrong and what to do about it; never a stack trace. */
  fail(error: unknown): void {
    this.endProgress();
    const hint = error instanceof SynapseError ? error.hint : undefined;
    if (this.json) {
      const code = error instanceof SynapseError ? error.code : "unexpected";
      const remote = error instanceof SynapseError && error.remote;
      this.streams.out.write(`${toJson({ error: { code, message: messageOf(error), hint, remote } })}\n`);
      return;
    }
    // Further lines show a place in the first.
    const [first = "", ...more] = printable(messageOf(error)).split("\n");
    const code = error instanceof SynapseError ? this.sayStyle.dim(` (${printable(error.code)})`) : "";
    this.say([`${this.sayStyle.red("error:")} ${first}${code}`, ...more].join("\n"));
    if (hint !== undefined) this.say(`       ${printable(hint)}`);
  }

  /** Says that somebody has ended the command: for people it is no error. */
  interrupted(error: SynapseError): void {
    if (!isFirstToTell()) return;
    if (this.json) this.fail(error);
    else this.say("interrupted");
  }

  /** Draws how far something is; nothing when nobody watches. */
  progress(what: string, done: number, of: number): void {
    const { err } = this.streams;
    if (!err.isTTY || performance.now() - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = performance.now();
    const part = of === 0 ? 1 : Math.min(1, done / of);
    err.write(`${CLEAR_LINE}${this.progressLine(part, what, (err.columns || Number.POSITIVE_INFINITY) - 1)}`);
  }

  /** A line that wraps could not be cleared: where there is little room the bar is shorter, then the text. */
  private progressLine(part: number, what: string, room: number): string {
    const text = `${String(Math.floor(part * 100)).padStart(3)} %  ${what}`;
    const width = Math.min(BAR_WIDTH, room - text.length - BAR_MARGIN);
    if (width < LEAST_BAR_WIDTH) return text.slice(0, Math.max(0, room));
    const filled = Math.round(part * width);
    const bar = this.sayStyle.cyan("━".repeat(filled)) + this.sayStyle.dim("━".repeat(width - filled));
    return `  ${bar} ${text}`;
  }

  endProgress(): void {
    if (this.drawnAt > 0) this.clearLine();
    this.drawnAt = 0;
  }

  /** Takes away what is drawn, whoever has drawn it. */
  clearLine(): void {
    if (this.streams.err.isTTY) this.streams.err.write(CLEAR_LINE);
  }
}

export type Colours = ReturnType<typeof pc.createColors>;

/** A table without lines, for people. */
export function table(style: Colours, head: readonly string[], rows: readonly (readonly (string | number)[])[], indent = 0): string[] {
  const grid = new Table({
    head: head.map((text) => style.dim(text)),
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2, compact: true },
    colAligns: head.map((_, column) => (rows.length > 0 && rows.every((row) => typeof row[column] === "number") ? "right" : "left")),
  });
  for (const row of rows) grid.push(row.map((cell) => (typeof cell === "number" ? cell : printable(cell))));
  return grid
    .toString()
    .split("\n")
    .map((line) => (" ".repeat(indent) + line).trimEnd());
}

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

/** Control characters of others must not reach a terminal: they could move its cursor, or worse. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "�");
}

/** JSON, with what it lacks: bytes as base64, whole numbers beyond 2^53 as text. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : bytesAsText(item)), indent) ?? "null";
}

function bytesAsText(item: unknown): unknown {
  if (item instanceof Uint8Array) return Buffer.from(item).toString("base64");
  return isBufferJson(item) ? Buffer.from(item.data).toString("base64") : item;
}

/** What a Buffer has become before a replacer sees it. */
function isBufferJson(item: unknown): item is { data: number[] } {
  return (
    typeof item === "object" && item !== null && "type" in item && item.type === "Buffer" && "data" in item && Array.isArray(item.data)
  );
}

/** A value as a person would like to read it: text as it is, all else as JSON. */
export function readable(value: unknown): string {
  if (typeof value === "string") return printable(value);
  return typeof value === "bigint" ? value.toString() : printable(toJson(value, 2));
}

function wantsColour(stream: Sink): boolean {
  return stream.isTTY === true && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";
}
