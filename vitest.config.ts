import { defineConfig } from "vitest/config";

const ALONE = "test/**/*.alone.test.ts";

export default defineConfig({
  test: {
    maxWorkers: "100%", // the default leaves one core idle, which on two is half of the machine
    testTimeout: 60_000, // a machine that is busy is slow, not broken
    hookTimeout: 60_000,
    // What a file loads and warms up serves the next one, too: a third of the time. What replaces whole modules runs apart.
    projects: [
      { extends: true, test: { name: "shared", include: ["test/**/*.test.ts"], exclude: [ALONE], isolate: false } },
      { extends: true, test: { name: "alone", include: [ALONE] } },
    ],
  },
});
