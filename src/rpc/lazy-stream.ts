/** A stream that has begun. */
export interface Opened {
  readonly first: IteratorResult<unknown, undefined>;
  /** What comes after the first. */
  readonly rest: AsyncIterableIterator<unknown>;
}

/** @param left aborted when the reader has left before the first item came. */
export type Open = (left: AbortSignal) => Promise<Opened>;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A stream that is opened when somebody first asks it for an item. Hands that on as it is: a generator around it would cost a turn and two
 * promises for every item.
 */
export class LazyStream implements AsyncIterableIterator<unknown> {
  private readonly open: Open;
  private readonly left = new AbortController();
  private opening: Promise<Opened> | undefined;
  private rest: AsyncIterableIterator<unknown> | undefined;
  private isOver = false;

  constructor(open: Open) {
    this.open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.rest !== undefined) return this.rest.next();
    if (this.isOver) return Promise.resolve(DONE);
    return this.opening === undefined ? this.first() : this.afterFirst(this.opening);
  }

  /** Does not wait for a host that is being dialled: it may be one that never answers. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.isOver = true;
    this.left.abort();
    await this.rest?.return?.();
    return DONE;
  }

  private async first(): Promise<IteratorResult<unknown, undefined>> {
    try {
      this.opening = this.open(this.left.signal);
      const { first, rest } = await this.opening;
      this.rest = rest;
      if (this.isOver) await rest.return?.();
      return this.isOver ? DONE : first;
    } catch (error) {
      if (this.left.signal.aborted) return DONE; // whoever has left is told of no error
      this.isOver = true;
      throw error;
    }
  }

  /** For those who ask for more before the first has come. An error is told to one of them, the first. */
  private async afterFirst(opening: Promise<Opened>): Promise<IteratorResult<unknown, undefined>> {
    await opening.catch(() => undefined);
    return this.next();
  }
}

/** The items of a list, or the one value that is none, as a stream. */
export async function* listStream(answer: unknown): AsyncGenerator<unknown, undefined> {
  if (Array.isArray(answer)) yield* answer;
  else yield answer;
  return undefined;
}
