import assert from "node:assert/strict";
import { simulation } from "synapse-p2p/simulations";
import { planner, translator } from "./agents.ts";

const world = simulation({ seed: Number(process.argv[2] ?? 7), churn: { model: "exponential", meanMs: "30m" } });
const minutes = () => `${(world.now / 60_000).toFixed(1)} min`;
await world.grow(20); // nodes that come and go, and hold the records

const begun: string[] = []; // by whom, in this order
const translators = [];
for (const name of ["ada", "ben", "cleo"]) {
  const think = async () => {
    begun.push(name);
    await world.sleep("5s");
  };
  translators.push(await world.agent(translator(name, think)));
}
await world.agent(planner);
const visitor = await world.agent({ name: "visitor" });
await world.settle();
console.log(`${minutes()}: all have joined`);

// Whoever begins first crashes in the middle of it: another one has to take over.
const work = world.run(() => visitor.ask("plan", "good morning\nhow are you?", { timeoutMs: 120_000 }));
await world.sleep("5s");
const [victim] = translators.filter(({ name }) => name === begun[0]);
assert(victim);
await world.crash(victim);
console.log(`${minutes()}: ${victim.name} has crashed`);
const { result } = await work;
console.log(`${minutes()}:`, result);
assert.equal((result as unknown[]).length, 2);

// It starts again, and is found again.
await world.restart(victim);
await world.settle();
await world.sleep("10m");
const { matches } = await world.run(() => visitor.find("translate", { limit: 10 }));
console.log(
  `${minutes()}: found`,
  matches
    .map(({ record }) => record.name)
    .sort()
    .join(", "),
);
assert.equal(matches.length, 3);
assert.deepEqual(world.faults, []);
console.log(`trace ${world.traceHash.slice(0, 16)}`);
