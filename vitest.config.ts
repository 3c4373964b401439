import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    maxWorkers: Math.ceil(1.5 * availableParallelism()), // more than cores: some tests wait for processes of their own
    testTimeout: 60_000, // a machine that is busy is slow, not broken
    hookTimeout: 60_000,
  },
});
