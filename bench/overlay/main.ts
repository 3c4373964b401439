import { parseArgs } from "node:util";
import { type Figure, median, printFigures } from "../support/figures.ts";
import { columnsOf } from "./columns.ts";
import { run } from "./run.ts";
import { type Measured, SUBJECTS, type Subject } from "./subjects.ts";

/** Enough for a median that does not depend on who is asked, and few enough that the slowest is done in minutes. */
const ANNOUNCES = 30;
const LOOKUPS = 60;
/** Of those that are slow, without --large. */
const SLOW_NODES = 100;

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    nodes: { type: "string", default: "100,300" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    large: { type: "boolean", default: false },
  },
});

/** In turns: what disturbs one subject for a while disturbs its neighbours as well. */
async function measureAll(subjects: readonly Subject[], nodes: number): Promise<Map<Subject, Measured>> {
  const runs = new Map<Subject, Measured[]>(subjects.map((subject) => [subject, []])); // one for each round
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const subject of subjects) {
      if (round > 1 && subject.isSlow) continue;
      console.error(`${nodes} nodes, round ${round} of ${flags.rounds}: ${subject.name} …`);
      const work = { nodes, announces: ANNOUNCES, lookups: LOOKUPS, seed: Number(flags.seed) + round - 1 };
      const measured = await run(subject, work);
      if (measured !== undefined) runs.get(subject)?.push(measured);
    }
  }
  const done = [...runs].filter(([, of]) => of.length > 0);
  return new Map(done.map(([subject, of]) => [subject, middleOf(of)]));
}

function middleOf(runs: readonly Measured[]): Measured {
  const names = Object.keys(runs[0] as Measured) as (keyof Measured)[];
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name]))])) as unknown as Measured;
}

function subjectsFor(nodes: number): Subject[] {
  const wanted = SUBJECTS.filter(({ name }) => flags.only.split(",").some((part) => name.includes(part)));
  return wanted.filter(({ isSlow }) => flags.large || !isSlow || nodes <= SLOW_NODES);
}

const figures: Figure[] = []; // eight for each subject and number of nodes
for (const nodes of flags.nodes.split(",").map(Number)) figures.push(...columnsOf(nodes, await measureAll(subjectsFor(nodes), nodes)));
printFigures("Overlays on loopback, each with all its nodes in one process", figures, flags.json);
