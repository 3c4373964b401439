import { type AttributeValue, assertCapabilityName } from "../dht/index.ts";

export interface CapabilityOptions {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** Of the capability's implementation, in any form. */
  readonly version?: string;
  /** Facts that are signed and published with it: `{ lang: "typescript", price: 0.02 }`. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Something an agent can do. */
export class AgentCapability {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema: Readonly<Record<string, unknown>>;
  readonly version: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;

  /** @throws SynapseError `bad_capability` with the spelling that would do. */
  constructor(options: string | CapabilityOptions) {
    const {
      name,
      description = "",
      inputSchema = {},
      outputSchema = {},
      version = "",
      attributes = {},
    } = typeof options === "string" ? { name: options } : options;
    assertCapabilityName(name);
    this.name = name;
    this.description = description;
    this.inputSchema = inputSchema;
    this.outputSchema = outputSchema;
    this.version = version;
    this.attributes = attributes;
  }
}
