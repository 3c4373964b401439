import type { GlassAgent } from "./lifetime.ts";
import { startAgent } from "./lifetime.ts";

/** The limit that the recorded Python server ran with. */
const RECORDED_MAX_FRAME_BYTES = 4_096;

/** An agent that offers what the recorded Python agent of the seed offered. */
export function seedAgent(): Promise<GlassAgent> {
  return startAgent(
    {
      name: "Reviewer",
      role: "reviewer",
      description: "Reviews Python code and suggests tests.",
      limits: { maxFrameBytes: RECORDED_MAX_FRAME_BYTES },
      capabilities: [
        "python",
        {
          name: "code-review",
          description: "Review code.",
          inputSchema: { diff: "string" },
          outputSchema: { summary: "string" },
        },
      ],
    },
    (agent) =>
      agent
        .endpoint("sum", { description: "Add two numbers", params: ["a", "b"] }, (a: number, b: number) => a + b)
        .endpoint("echo", { description: "Return the value.", params: ["value"] }, (value: unknown) => value)
        .endpoint("fail", () => {
          throw new Error("boom");
        })
        .endpoint("admin.restart", { publish: false }, () => "hidden")
        .onTask((task, context) => ({ status: "done", result: `Reviewed task: ${task}`, context_keys: Object.keys(context) })),
  );
}
