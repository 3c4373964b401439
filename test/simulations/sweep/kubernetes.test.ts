import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { readParameter, scenarioNamed } from "../../../simulations/index.ts";
import { planSweep } from "../../../simulations/sweep/points.ts";
import { compile, describeFaults } from "../../../src/rpc/schema.ts";
import { synapse } from "../../cli/run.ts";
import { readYaml } from "../../support/yaml.ts";

interface Container {
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly args: readonly string[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Job {
  readonly spec: {
    readonly completions: number;
    readonly parallelism: number;
    readonly template: {
      readonly spec: { readonly containers: readonly [Container]; readonly volumes: readonly { readonly name: string }[] };
    };
  };
}

const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const object = (required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}) => ({
  type: "object",
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
});
const list = (items: object) => ({ type: "array", minItems: 1, items });

const container = object(
  { name: text, image: text, command: list(text), args: list(text), volumeMounts: list(object({ name: text, mountPath: text })) },
  { env: list(object({ name: text, value: text })), resources: { type: "object" } },
);
const volume = object({ name: text, persistentVolumeClaim: object({ claimName: text }) });
const pod = object(
  { restartPolicy: { enum: ["Never", "OnFailure"] }, containers: list(container), volumes: list(volume) },
  { securityContext: object({ fsGroup: count }) },
);
const template = object({ spec: pod, metadata: object({ labels: { type: "object", additionalProperties: text } }) });
const indexed = { completionMode: { const: "Indexed" }, completions: count, parallelism: count };

/** What `batch/v1` and `v1` ask for, as far as it is used. */
const SHAPES = {
  "sweep.yaml": object({
    apiVersion: { const: "batch/v1" },
    kind: { const: "Job" },
    metadata: object({ name: text }),
    spec: object({ ...indexed, backoffLimit: count, ttlSecondsAfterFinished: count, template }),
  }),
  "merge.yaml": object({
    apiVersion: { const: "batch/v1" },
    kind: { const: "Job" },
    metadata: object({ name: text }),
    spec: object({ backoffLimit: count, ttlSecondsAfterFinished: count, template }),
  }),
  "results.yaml": object({
    apiVersion: { const: "v1" },
    kind: { const: "PersistentVolumeClaim" },
    metadata: object({ name: text }),
    spec: object({
      accessModes: list({ enum: ["ReadWriteOnce", "ReadWriteMany"] }),
      resources: object({ requests: object({ storage: text }) }),
    }),
  }),
};

async function manifest(name: string): Promise<unknown> {
  return readYaml(await readFile(fileURLToPath(new URL(`../../../examples/sweep-on-kubernetes/${name}`, import.meta.url)), "utf8"));
}

test.each(Object.entries(SHAPES))("%s has the shape of its kind", async (name, shape) => {
  const checked = compile(shape, "input").check(await manifest(name));
  if (checked instanceof Promise) throw new Error("a JSON Schema is checked at once");
  expect("faults" in checked ? describeFaults(name, checked.faults) : "").toBe("");
});

describe("The sweep on Kubernetes", () => {
  let sweep: Job;
  let merge: Job;
  let words: readonly string[];

  beforeAll(async () => {
    [sweep, merge] = (await Promise.all(["sweep.yaml", "merge.yaml"].map(manifest))) as [Job, Job];
    words = (sweep.spec.template.spec.containers[0].args[0] ?? "").split(" ");
  });

  test("has as many pods as shards, and both jobs use one volume", () => {
    const [container] = sweep.spec.template.spec.containers;
    const shards = Number(container.env?.find(({ name }) => name === "SHARDS")?.value);
    expect([sweep.spec.completions, sweep.spec.parallelism]).toEqual([shards, shards]);
    expect(words).toContain('"$JOB_COMPLETION_INDEX/$SHARDS"');
    expect(merge.spec.template.spec.volumes).toEqual(sweep.spec.template.spec.volumes);
    expect(merge.spec.template.spec.containers[0]).toMatchObject({ image: container.image, volumeMounts: container.volumeMounts });
    expect(container.volumeMounts[0]?.name).toBe(sweep.spec.template.spec.volumes[0]?.name);
  });

  test("goes through what its README says", () => {
    const parameters = words.filter((word) => /^\w[\w.]*=/.test(word)).map(readParameter);
    const repeat = Number(words[words.indexOf("--repeat") + 1]);
    const { points } = planSweep(scenarioNamed(words[words.indexOf("sweep") + 1] ?? ""), parameters, repeat, () => "");
    expect(points).toHaveLength(48);
  });

  test("takes options that there are", async () => {
    const known = await Promise.all(["sweep", "merge"].map(async (name) => (await synapse("sim", name, "--help")).out));
    const mergeWords = (merge.spec.template.spec.containers[0].args[0] ?? "").split(" ");
    for (const [help, used] of [[known[0], words] as const, [known[1], mergeWords] as const])
      for (const option of used.filter((word) => word.startsWith("--"))) expect(help).toContain(`${option} `);
  });
});
