import { expect, test } from "vitest";
import { fuzz } from "../fuzz/fuzz.ts";

// `npm run fuzz` does the same a million times.
test("Changed and strange messages in both dialects do no harm, and leave nothing behind", async () => {
  const { cases, links } = await fuzz(1, 20_000);
  expect([cases, links > 500]).toEqual([20_000, true]);
});
