/**
 * A stream that is opened when somebody first asks it for an item. Hands that on as it is: a generator around it would cost a turn and two
 * promises for every item.
 */
export class LazyStream implements AsyncIterableIterator<unknown> {
  private readonly open: () => Promise<AsyncIterableIterator<unknown>>;
  private opening: Promise<AsyncIterableIterator<unknown>> | undefined;
  private inner: AsyncIterableIterator<unknown> | undefined;
  private isOver = false;

  constructor(open: () => Promise<AsyncIterableIterator<unknown>>) {
    this.open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.inner !== undefined) return this.inner.next();
    if (this.isOver) return Promise.resolve({ done: true, value: undefined });
    return this.first();
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.isOver = true;
    const inner = this.inner ?? (await this.opening?.catch(() => undefined));
    await inner?.return?.();
    return { done: true, value: undefined };
  }

  private async first(): Promise<IteratorResult<unknown, undefined>> {
    try {
      this.opening ??= this.open();
      this.inner = await this.opening;
    } catch (error) {
      this.isOver = true;
      throw error;
    }
    return this.inner.next();
  }
}

/** The items of a list, or the one value that is none, as a stream. */
export async function* listStream(answer: unknown): AsyncIterableIterator<unknown> {
  if (Array.isArray(answer)) yield* answer;
  else yield answer;
}
