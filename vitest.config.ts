import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    maxWorkers: "100%", // the default leaves one core idle, which on two is half of the machine
    testTimeout: 60_000, // a machine that is busy is slow, not broken
    hookTimeout: 60_000,
  },
});
