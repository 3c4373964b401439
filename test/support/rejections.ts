import { onTestFinished } from "vitest";

/** Until the test has ended, a rejection that nobody handles is its own business, and not a failure of the whole run. */
export function expectRejections(): void {
  const others = process.rawListeners("unhandledRejection") as ((reason: unknown) => void)[];
  process.removeAllListeners("unhandledRejection");
  onTestFinished(() => {
    for (const other of others) process.on("unhandledRejection", other);
  });
}
