import { abortedError } from "../errors.ts";
import { either } from "../runtime.ts";
import { Attempts, type Errand } from "./attempts.ts";
import type { Connection } from "./connection.ts";
import type { Opened } from "./lazy-stream.ts";

/** Makes a call, over as many links as it takes: see {@link Attempts}. */
export async function callOver(errand: Errand): Promise<{ readonly result: unknown; readonly connection: Connection }> {
  const { connect, request, options, deadline } = errand;
  let attempts: Attempts | undefined; // most calls need no second one
  for (;;) {
    let connection: Connection | undefined;
    try {
      connection = await connect();
      return { result: await connection.call(request, { ...options, timeoutMs: deadline.leftMs }), connection };
    } catch (error) {
      attempts ??= new Attempts(errand);
      if (!(await attempts.another(error, connection))) throw deadline.named(error, `${request.endpoint} was not answered`);
    }
  }
}

/** Opens a stream, over as many links as it takes until its first item has come: from then on it cannot begin again. */
export async function openOver(errand: Errand, left: AbortSignal): Promise<Opened> {
  const { connect, request, options } = errand;
  const attempts = new Attempts({ ...errand, ended: either(errand.ended, left) });
  for (;;) {
    let connection: Connection | undefined;
    try {
      connection = await connect();
      if (left.aborted) throw abortedError(left); // nobody reads it: it need not run
      const rest = connection.stream(request, options);
      return { first: await firstOf(rest, left), rest };
    } catch (error) {
      if (!(await attempts.another(error, connection))) throw error;
    }
  }
}

async function firstOf(stream: AsyncIterableIterator<unknown>, left: AbortSignal): Promise<IteratorResult<unknown, undefined>> {
  const leave = () => void stream.return?.();
  left.addEventListener("abort", leave, { once: true });
  try {
    return await stream.next();
  } finally {
    left.removeEventListener("abort", leave);
  }
}
