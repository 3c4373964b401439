import { describe, expect, test } from "vitest";
import { SynapseError } from "../../src/index.ts";
import { Budget } from "../../src/rpc/budget.ts";
import { FIRST_CREDIT, StreamReader } from "../../src/rpc/stream-reader.ts";
import { StreamWriter } from "../../src/rpc/stream-writer.ts";
import { failureOf, turn } from "../support/net/lifetime.ts";
import { Random } from "../support/random.ts";

interface Pipe {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
  /** Settles when the writer has ended. */
  readonly written: Promise<void>;
  /** Items that the writer has sent. */
  sent: number;
}

/** A writer and a reader with nothing between them. */
function pipe(source: AsyncIterable<unknown> | Iterable<unknown>, bytes = 10, budget?: Budget): Pipe {
  const state = { sent: 0 };
  const reader = new StreamReader({
    grant: (items) => writer.grant(items),
    cancel: () => writer.stop(),
    budget,
  });
  const writer: StreamWriter = new StreamWriter(source, {
    send: (value) => {
      reader.push(value, bytes);
      state.sent += 1;
    },
    room: () => undefined,
  });
  const written = writer.run().then(
    () => reader.end(),
    (error: SynapseError) => reader.fail(error),
  );
  return Object.assign(state, { reader, writer, written });
}

function* counting(until = Number.POSITIVE_INFINITY): Generator<number> {
  for (let n = 0; n < until; n++) yield n;
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

describe("A stream", () => {
  test("arrives whole and in order, whatever its length", async () => {
    for (const length of [0, 1, FIRST_CREDIT - 1, FIRST_CREDIT, FIRST_CREDIT + 1, 1_000]) {
      const { reader } = pipe(counting(length));
      const read: unknown[] = [];
      for await (const item of reader) read.push(item);
      expect(read).toEqual([...counting(length)]);
      expect(await reader.next()).toEqual({ done: true, value: undefined });
    }
  });

  test("that nobody reads stops after the first credit", async () => {
    const stream = pipe(counting());
    await turns(50);
    expect(stream.sent).toBe(FIRST_CREDIT);
    await stream.reader.return();
    await stream.written;
  });

  test("never has more on its way than its window, and gives a quick reader more of small items than of large ones", async () => {
    /** How far the writer runs ahead of a reader that has been quick and then pauses. */
    const mostOf = async (bytes: number): Promise<number> => {
      const stream = pipe(counting(), bytes);
      for (let taken = 0; taken < 2_000; taken++) await stream.reader.next();
      await turns(20);
      const ahead = stream.sent - 2_000;
      await stream.reader.return();
      await stream.written;
      return ahead;
    };
    expect(await mostOf(10)).toBeGreaterThan(100);
    expect(await mostOf(10)).toBeLessThanOrEqual(512);
    expect(await mostOf(100_000)).toBeLessThanOrEqual(FIRST_CREDIT);
  });

  test("wastes no messages on credit once it flows", async () => {
    let grants = 0;
    const grant = (items: number) => {
      grants += 1;
      writer.grant(items);
    };
    const reader: StreamReader = new StreamReader({ grant, cancel: () => undefined });
    const writer: StreamWriter = new StreamWriter(counting(20_000), { send: (value) => reader.push(value, 10), room: () => undefined });
    void writer.run().then(() => reader.end());
    for await (const _ of reader);
    expect(grants).toBeLessThan(20_000 / 100);
  });

  test("whose reader stops has its source closed, and nothing more is taken from it", async () => {
    let closed = 0;
    let made = 0;
    async function* source() {
      try {
        for (;;) yield made++;
      } finally {
        closed += 1;
      }
    }
    const { reader, written } = pipe(source());
    for await (const item of reader) if (item === 20) break;
    await written;
    const { made: after } = { made };
    await turns(20);
    expect([closed, made]).toEqual([1, after]);
  });

  test("whose reader stops while the source is at work closes that at once, where it can be", async () => {
    let closed = 0;
    const stuck: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => {
          closed += 1;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const { reader } = pipe(stuck);
    await turn();
    await reader.return();
    expect(closed).toBe(1);
  });

  test("that breaks gives what came before, then the error, once", async () => {
    async function* source() {
      yield 1;
      yield 2;
      throw new SynapseError("oh_no", "it broke");
    }
    const { reader, written } = pipe(source());
    await written;
    expect([await reader.next(), await reader.next()]).toMatchObject([{ value: 1 }, { value: 2 }]);
    expect((await failureOf(reader.next())).code).toBe("oh_no");
    expect(await reader.next()).toMatchObject({ done: true });
  });

  test("whose writer sends more than it may is refused", async () => {
    const reader = new StreamReader({ grant: () => undefined, cancel: () => undefined });
    for (let n = 0; n < FIRST_CREDIT; n++) reader.push(n, 1);
    expect((await failureOf(() => reader.push(0, 1))).code).toBe("bad_request");
  });

  test("shares a bound with others, which what is read or given up makes room in", async () => {
    const budget = new Budget(100, "maxBufferedBytes");
    const [first, second] = [pipe(counting(), 20, budget), pipe(counting(), 20, budget)];
    await turns(20);
    expect(first.sent + second.sent).toBe(5);
    expect(
      (
        await failureOf(async () => {
          for await (const _ of second.reader);
        })
      ).code,
    ).toBe("busy");
    await first.reader.return();
    for (let n = 0; n < 5; n++) budget.take(20);
    expect((await failureOf(() => budget.take(1))).code).toBe("busy");
  });
});

test("Under any order of reading, pausing and stopping, what is read is a beginning of what was written", async () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed);
    const length = random.int(300);
    async function* source() {
      for (let n = 0; n < length; n++) {
        if (random.int(4) === 0) await turn();
        yield n;
      }
    }
    const { reader } = pipe(source(), 1 + random.int(20_000));
    const stopAt = random.int(2) === 0 ? random.int(300) : Number.POSITIVE_INFINITY;
    const read: unknown[] = [];
    for await (const item of reader) {
      read.push(item);
      if (random.int(5) === 0) await turn();
      if (read.length > stopAt) break;
    }
    expect(read).toEqual([...counting(Math.min(length, stopAt + 1))]);
  }
});
