import { expect, test } from "vitest";
import { figureName } from "../../../simulations/report/figure-name.ts";

test.each([
  ["lookups.recall", "recall of lookups"],
  ["lookups.requests.mean", "requests of lookups, mean"],
  ["finds.latencyMs.p99", "latency of finds, p99"],
  ["bytesPerNodeSecond", "bytes a second and node"],
  ["adversaries.spam", "spam"],
  ["adversaries.targeted.requests.mean", "requests of targeted, mean"],
  ["deaths", "deaths"],
  ["find by capability, p50", "find by capability, p50"],
  ["", ""],
])("The figure %j is called %j", (path, name) => expect(figureName(path)).toBe(name));
