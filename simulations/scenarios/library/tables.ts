import { MINUTE, type Named } from "./named.ts";

/** What is done to routing tables and to those through whom everybody joins. */
export const TABLES: readonly Named[] = [
  {
    name: "eclipse",
    about: "two attackers, with an address and a thousand ids each, try to fill the tables of a thousand members",
    adversaries: [{ adversary: "droppers", count: 2_000, addresses: 2, fromMs: 5 * MINUTE }],
    targets: [
      { figure: "adversaries.eclipsed", atMost: 0 },
      { figure: "lookups.success", atLeast: 0.99 },
      { figure: "finds.success", atLeast: 0.99 },
    ],
  },
];
