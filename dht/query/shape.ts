/** Characters of a shape: together with everything else it has to fit into a record of 1 KiB. */
export const MAX_SHAPE_CHARS = 256;
/** How far lists and objects in a shape may be nested. */
export const MAX_SHAPE_DEPTH = 4;
/** Fields of one object in a shape. */
export const MAX_SHAPE_FIELDS = 32;

const PRIMITIVES = ["string", "number", "integer", "boolean", "null", "any", "object"] as const;
type Primitive = (typeof PRIMITIVES)[number];

/** What a value looks like, in the few words that a record has room for: `{text:string,tags?:string[]}`. `object` is one of any fields. */
export type Shape =
  | { readonly kind: Primitive }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "fields"; readonly fields: ReadonlyMap<string, Field> };

export interface Field {
  readonly shape: Shape;
  readonly optional: boolean;
}

export const FIELD_NAME = /^[A-Za-z_$][A-Za-z0-9_$-]{0,63}$/;

/** A shape, or what keeps its text from being one. One look at each character, whoever wrote it. */
export function readShape(text: string): Shape | string {
  if (text.length > MAX_SHAPE_CHARS) return `a shape takes at most ${MAX_SHAPE_CHARS} characters`;
  const pieces = text.match(/[A-Za-z0-9_$-]+|\[\]|[^\s]/g) ?? [];
  const reader = new ShapeReader(pieces);
  const shape = reader.shape(0);
  return reader.fault ?? (reader.isAtEnd ? shape : "something stands behind the shape");
}

class ShapeReader {
  fault: string | undefined;
  private readonly pieces: readonly string[];
  private next = 0;

  constructor(pieces: readonly string[]) {
    this.pieces = pieces;
  }

  get isAtEnd(): boolean {
    return this.next >= this.pieces.length;
  }

  shape(depth: number): Shape {
    if (depth > MAX_SHAPE_DEPTH) return this.fail(`shapes are nested at most ${MAX_SHAPE_DEPTH} deep`);
    const word = this.take();
    let shape: Shape;
    if (word === "{") shape = this.fields(depth);
    else if (isPrimitive(word)) shape = { kind: word };
    else return this.fail(word === "" ? "it is not finished" : `${JSON.stringify(word)} is none of ${PRIMITIVES.join(", ")}`);
    for (let n = depth; this.takes("[]"); n++) {
      if (n > MAX_SHAPE_DEPTH) return this.fail(`shapes are nested at most ${MAX_SHAPE_DEPTH} deep`);
      shape = { kind: "list", of: shape };
    }
    return shape;
  }

  private fields(depth: number): Shape {
    const fields = new Map<string, Field>(); // at most MAX_SHAPE_FIELDS
    while (this.fault === undefined && !this.takes("}")) {
      if (fields.size > 0 && !this.takes(",")) return this.fail('between fields stands ","');
      const name = this.take();
      if (!FIELD_NAME.test(name)) return this.fail(`${JSON.stringify(name)} is not the name of a field`);
      // Two readers that each took another of them would disagree about who fits.
      if (fields.has(name)) return this.fail(`${name} is there twice, again as field ${fields.size + 1} of its object`);
      const optional = this.takes("?");
      if (!this.takes(":")) return this.fail(`behind ${name} stands ":" and what it is`);
      if (fields.size >= MAX_SHAPE_FIELDS) return this.fail(`an object has at most ${MAX_SHAPE_FIELDS} fields`);
      fields.set(name, { shape: this.shape(depth + 1), optional });
    }
    return { kind: "fields", fields };
  }

  private take(): string {
    this.next += 1;
    return this.pieces[this.next - 1] ?? "";
  }

  private takes(piece: string): boolean {
    if (this.pieces[this.next] !== piece) return false;
    this.next += 1;
    return true;
  }

  /** The first fault counts: reading goes no further. */
  private fail(fault: string): Shape {
    this.fault ??= fault;
    return { kind: "any" };
  }
}

export function formatShape(shape: Shape): string {
  if (shape.kind === "list") return `${formatShape(shape.of)}[]`;
  if (shape.kind !== "fields") return shape.kind;
  const fields = [...shape.fields].map(([name, { shape: inner, optional }]) => `${name}${optional ? "?" : ""}:${formatShape(inner)}`);
  return `{${fields.join(",")}}`;
}

/**
 * Whether an agent that takes one shape can be given a value of another: it needs nothing that would be missing, and knows all that is
 * there. A field that it does not name it would pass over, so it does not take it.
 */
export function takes(agent: Shape, given: Shape): boolean {
  if (agent.kind === "any" || given.kind === "any") return true;
  if (agent.kind === "list" || given.kind === "list") return agent.kind === "list" && given.kind === "list" && takes(agent.of, given.of);
  if (agent.kind === "object") return given.kind === "object" || given.kind === "fields";
  if (agent.kind === "number") return given.kind === "number" || given.kind === "integer";
  if (agent.kind !== "fields" || given.kind !== "fields") return agent.kind === given.kind;
  for (const [name, { optional }] of agent.fields) if (!optional && (given.fields.get(name)?.optional ?? true)) return false;
  return [...given.fields].every(([name, { shape }]) => {
    const known = agent.fields.get(name);
    return known !== undefined && takes(known.shape, shape);
  });
}

/** Whether what an agent gives has everything that is asked for. What may be missing does not count, and `any` promises nothing. */
export function gives(agent: Shape, asked: Shape): boolean {
  if (asked.kind === "any") return true;
  if (agent.kind === "list" || asked.kind === "list") return agent.kind === "list" && asked.kind === "list" && gives(agent.of, asked.of);
  if (asked.kind === "object") return agent.kind === "object" || agent.kind === "fields";
  if (asked.kind === "number") return agent.kind === "number" || agent.kind === "integer";
  if (agent.kind !== "fields" || asked.kind !== "fields") return agent.kind === asked.kind;
  return [...asked.fields].every(([name, { shape, optional }]) => {
    const known = agent.fields.get(name);
    if (known === undefined) return optional;
    return (optional || !known.optional) && gives(known.shape, shape);
  });
}

function isPrimitive(word: string): word is Primitive {
  return (PRIMITIVES as readonly string[]).includes(word);
}
