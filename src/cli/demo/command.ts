import { randomUUID } from "node:crypto";
import { shortId, toHex } from "../../../routing/index.ts";
import { AgentNode, type Answer } from "../../agent-node.ts";
import { SynapseError } from "../../errors.ts";
import { type CommandContext, inContext, makeCommand } from "../command.ts";
import { describeMatches, matchData } from "../find.ts";
import { wholeNumber } from "../options.ts";
import { type Output, readable } from "../output.ts";
import { describeFigures } from "../sim/describe.ts";
import { runSimulation } from "../sim/run-simulation.ts";
import { AGENTS, Fleet, PROCESSES } from "./fleet.ts";

const CAPABILITY = "code-review";
const TASK = "if (user == null) eval(input)";
const SEED = 7;
const VIRTUAL_MS = 3_600_000;
/** Every agent of one skill is found when this many are. */
const FIND_LIMIT = 50;

export function demoCommand() {
  return makeCommand("demo", `See it work: ${AGENTS} agents in ${PROCESSES} processes on this machine, then a simulation.`, [
    "synapse demo",
    "synapse demo --nodes 200",
  ])
    .option("--nodes <N>", "nodes in the simulation; 0 for none", wholeNumber(0, 100_000), 1_000)
    .action((flags: { nodes: number; json?: boolean }) => inContext(flags, (context) => demonstrate(flags.nodes, context)));
}

async function demonstrate(nodes: number, context: CommandContext): Promise<void> {
  const { output } = context;
  const demonstration = new Demonstration(context);
  try {
    await demonstration.startNetwork();
    const visitor = await demonstration.joinOneMore();
    await demonstration.find(visitor);
    await demonstration.askAroundACrash(visitor);
  } finally {
    await demonstration.end();
  }
  if (nodes > 0) await demonstration.simulate(nodes);
  if (output.json) output.data(demonstration.summary, () => []);
  else showNextSteps(output);
}

/** The acts of the demonstration, in their order. */
class Demonstration {
  /** What a machine gets to read of it. */
  readonly summary: Record<string, unknown> = {};
  private readonly output: Output;
  private readonly signal: AbortSignal;
  private readonly show: Narrator;
  private readonly fleet = new Fleet();
  private readonly swarm = `demo-${randomUUID()}`; // whatever else runs on this machine, the two stay apart
  private visitor: AgentNode | undefined;

  constructor({ output, signal }: CommandContext) {
    this.output = output;
    this.signal = signal;
    this.show = narrator(output);
  }

  async startNetwork(): Promise<void> {
    const { show, fleet } = this;
    show.step(`A network of ${AGENTS} agents in ${PROCESSES} processes`);
    const began = performance.now();
    await fleet.start(this.swarm, this.signal);
    for (const { process: child, agents } of fleet.hosts) show.line(`process ${child.pid}  ${agents.map(({ name }) => name).join(", ")}`);
    show.line(`all joined through one address, ${show.strong(fleet.bootstrap)}, in ${seconds(began)}`);
  }

  async joinOneMore(): Promise<AgentNode> {
    const { show, swarm, fleet } = this;
    show.step("One more node, that knows only that address");
    const began = performance.now();
    const visitor = new AgentNode({ name: "visitor", swarm, bootstrap: [fleet.bootstrap] });
    this.visitor = visitor;
    await visitor.start({ signal: this.signal });
    show.line(`${shortId(visitor.id)} joined in ${seconds(began)} and knows ${visitor.peers.length} peers by now`);
    return visitor;
  }

  async find(visitor: AgentNode): Promise<void> {
    this.show.step(`find ${CAPABILITY}`);
    const { matches, report } = await visitor.find(CAPABILITY, { limit: FIND_LIMIT, signal: this.signal });
    for (const line of describeMatches(this.output.style, matches, report, 3)) this.show.raw(line);
    Object.assign(this.summary, { matches: matches.map(matchData), report });
  }

  async askAroundACrash(visitor: AgentNode): Promise<void> {
    const { show, fleet, signal } = this;
    show.step(`ask ${CAPABILITY} "${TASK}"`);
    const first = await visitor.ask(CAPABILITY, TASK, { signal });
    showAnswer(show, first);

    show.step("kill -9 the process in which that agent lives, and ask again");
    const host = first.agent && fleet.hostOf(toHex(first.agent.record.publisher));
    if (host === undefined) throw new SynapseError("not_found", "the agent that answered is none of this demonstration's");
    await fleet.kill(host);
    const second = await visitor.ask(CAPABILITY, TASK, { signal });
    showAnswer(show, second);
    Object.assign(this.summary, { answers: [first.result, second.result], killed: host.process.pid, passedOver: second.passedOver.length });
  }

  async simulate(nodes: number): Promise<void> {
    const { show, output } = this;
    show.step(`The same code, ${nodes.toLocaleString("en")} nodes around the world, one virtual hour`);
    const { figures } = await runSimulation({ name: "baseline", nodes, seed: SEED, durationMs: VIRTUAL_MS }, output, this.signal);
    for (const line of describeFigures(output.style, figures, 3)) show.raw(line);
    Object.assign(this.summary, { simulation: figures });
  }

  async end(): Promise<void> {
    await this.visitor?.stop();
    await this.fleet.stop();
  }
}

function showAnswer(show: Narrator, { result, agent, passedOver }: Answer): void {
  for (const gone of passedOver)
    show.line(`passed over ${gone.agent.record.name} (${shortId(gone.agent.record.publisher)}): ${gone.error.message}`);
  if (agent !== undefined) show.line(`${agent.record.name} (${shortId(agent.record.publisher)}) answered:`);
  show.line(show.strong(readable(result)));
}

function showNextSteps(output: Output): void {
  const { style } = output;
  const steps: readonly (readonly [string, string])[] = [
    ["npx synapse start --listen 127.0.0.1:9999", "a node to join through"],
    [
      "npx synapse start --name ada --capability code-review --exec cat --listen 127.0.0.1:0 --bootstrap 127.0.0.1:9999",
      "an agent; its work is any program",
    ],
    ["npx synapse find code-review --bootstrap 127.0.0.1:9999", "who can do it"],
    ['npx synapse ask @code-review "look at this" --bootstrap 127.0.0.1:9999', "have it done"],
    ["npx synapse sim run partition --nodes 300 --report partition.html", "a network that is cut in two, as a page to look at"],
    ["npx synapse --help", "everything else"],
  ];
  output.data(undefined, () => [
    "",
    style.bold("Go on with"),
    ...steps.map(([command, why]) => `   ${style.dim(`# ${why}`)}\n   ${command}`),
  ]);
}

interface Narrator {
  step(title: string): void;
  line(text: string): void;
  raw(text: string): void;
  strong(text: string): string;
}

/** Tells a person what happens, on stdout; a machine gets one object at the end and the story on stderr. */
function narrator(output: Output): Narrator {
  const style = output.json ? output.sayStyle : output.style;
  const write = (text: string) => (output.json ? output.say(text) : output.data(undefined, () => text));
  let steps = 0;
  return {
    step(title) {
      steps += 1;
      write(`${steps === 1 ? "" : "\n"}${style.cyan(String(steps))}  ${style.bold(title)}`);
    },
    line: (text) => write(`   ${text}`),
    raw: write,
    strong: (text) => style.bold(text),
  };
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`;
}
