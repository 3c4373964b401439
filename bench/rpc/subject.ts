/** What small calls carry. */
export const TEXT = "a text of the length that small calls have";

/** What is measured, one way of calling beside another: a server in a process of its own, and a client of it in this one. */
export interface Subject {
  readonly name: string;
  /** Begins to serve, on any free port of this machine. Runs in the host process. */
  serve(): Promise<number>;
  connect(port: number): Promise<Caller>;
}

export interface Caller {
  /** Sends a short text and gets it back. */
  echo(text: string): Promise<unknown>;
  /** Has so many short texts sent one way, and reads them all. */
  pull?(count: number): Promise<void>;
  close(): unknown;
}
