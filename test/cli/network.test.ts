import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as FleetModule from "../../src/cli/demo/fleet.ts";
import { SKILLS } from "../../src/cli/demo/skills.ts";
import { AgentNode, toHex } from "../../src/index.ts";
import { synapse } from "./run.ts";

const SWARM = "network-test";
const built = fileURLToPath(new URL("../../dist/src/cli/demo/fleet.js", import.meta.url));

describe("24 agents in 4 processes, and a node that knows one address", () => {
  let fleet: FleetModule.Fleet;
  let visitor: AgentNode;

  beforeAll(async () => {
    const { Fleet } = (await import(built)) as typeof FleetModule;
    fleet = new Fleet();
    await fleet.start(SWARM);
    visitor = new AgentNode({ name: "visitor", swarm: SWARM, bootstrap: [fleet.bootstrap] });
    await visitor.start();
  });

  afterAll(async () => {
    await visitor?.stop();
    await fleet?.stop();
  });

  test("are really four processes and 24 agents", () => {
    expect(new Set(fleet.hosts.map(({ process: child }) => child.pid)).size).toBe(4);
    expect(fleet.hosts.flatMap(({ agents }) => agents)).toHaveLength(24);
  });

  test("every agent is found by what it can do", async () => {
    const agents = fleet.hosts.flatMap((host) => host.agents);
    for (const { capability } of SKILLS) {
      const { matches, report } = await visitor.find(capability, { limit: 50 });
      const offering = agents.filter((agent) => agent.capability === capability).map(({ id }) => id);
      expect(matches.map(({ record }) => toHex(record.publisher)).sort()).toEqual(offering.sort());
      expect(report.complete).toBe(true);
    }
  });

  test("an agent killed with kill -9 is no longer handed work: ask goes on to the next", async () => {
    const { matches } = await visitor.find("code-review", { limit: 50 });
    const [first] = matches;
    const victim = first && fleet.hostOf(toHex(first.record.publisher));
    if (victim === undefined) throw new Error("the first match is none of the fleet");
    await fleet.kill(victim);
    const dead = new Set(victim.agents.map(({ id }) => id));
    const passedOver = new Set<string>();
    // Whose record is heard of first is chance; among so many the dead one is tried first in some.
    for (let n = 0; n < 40; n++) {
      const { result, agent, passedOver: gone } = await visitor.ask("code-review", "eval(x)");
      expect(result).toContain("eval runs whatever the text says");
      expect(agent && dead.has(toHex(agent.record.publisher))).toBe(false);
      for (const other of gone) passedOver.add(toHex(other.agent.record.publisher));
    }
    expect(passedOver.size).toBe(1);
    for (const id of passedOver) expect(dead).toContain(id);
  });

  test("the network goes on: everything the other processes offer is still found", async () => {
    const alive = fleet.hosts.filter(({ process: child }) => child.signalCode === null).flatMap(({ agents }) => agents);
    expect(alive).toHaveLength(18);
    for (const { capability } of SKILLS) {
      const { matches } = await visitor.find(capability, { limit: 50 });
      const found = new Set(matches.map(({ record }) => toHex(record.publisher)));
      for (const agent of alive) if (agent.capability === capability) expect(found).toContain(agent.id);
    }
  });
});

test("The demonstration shows all of it and ends with 0", async () => {
  const { code, out, err } = await synapse("demo", "--nodes", "50", "--json");
  expect(code).toBe(0);
  const { matches, answers, report, simulation } = JSON.parse(out);
  expect(matches).toHaveLength(3);
  expect(report.complete).toBe(true);
  expect(answers).toHaveLength(2);
  expect(simulation).toMatchObject({ nodes: 50, faults: [] });
  expect(err).toContain("24 agents in 4 processes");
});
