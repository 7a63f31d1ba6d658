import type { ProtobufWriter } from "./protobuf.ts";
import {
  elementTypeCode,
  externalTensorProto,
  graphProto,
  modelProto,
  nodeProto,
  tensorProto,
  valueInfoProto,
  type Attribute,
  type Dimension,
  type Domain,
  type ElementType,
} from "./proto.ts";

/** The name of a value in the graph. */
export type Value = string;

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: Domain;
}

export interface TypedValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** A value that leaves a graph, and what it is called outside: within a branch, values have other names. */
export interface GraphOutput extends TypedValue {
  readonly value: Value;
}

/** A graph, or one within it: a branch, or what is repeated. */
class Scope {
  readonly names = new Set<string>();
  readonly nodes: ProtobufWriter[] = [];
  readonly initializers: ProtobufWriter[] = [];
  readonly integers = new Map<string, Value>();
}

/**
 * Collects an ONNX graph and writes it. Every value has one producer: a second one of the same name is our bug. (Two
 * branches, which never run both, may use the same names.)
 */
export class GraphBuilder {
  readonly #outermost = new Scope();
  /** Those that are being built, from the outermost on. */
  #scopes: readonly Scope[] = [this.#outermost];
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfoProto(this.#claim(name, this.#outermost), type, shape));
    return name;
  }

  /** Declares a value that a node produces as an output of the graph. */
  output(name: Value, type: ElementType, shape: readonly Dimension[]): void {
    if (!this.#isKnown(name)) throw new Error(`Internal error: the graph's output ${name} has no producer`);
    this.#outputs.push(valueInfoProto(name, type, shape));
  }

  /** Adds a node with one output. */
  node(op: string, inputs: readonly Value[], output: string, options: NodeOptions = {}): Value {
    this.nodes(op, inputs, [output], options);
    return output;
  }

  /** Adds a node with several outputs; "" leaves one out. */
  nodes(op: string, inputs: readonly Value[], outputs: readonly string[], options: NodeOptions = {}): void {
    for (const input of inputs) {
      if (input !== "" && !this.#isKnown(input)) throw new Error(`Internal error: ${op} reads ${input}, unknown`);
    }
    for (const output of outputs) if (output !== "") this.#claim(output);
    const { attributes = {}, domain = "" } = options;
    this.#scope.nodes.push(nodeProto({ op, inputs, outputs, attributes, domain }));
  }

  /**
   * Does one thing or the other; only the nodes of what is chosen run. Both may read every value so far, and return
   * outputs of the same names and types, in the same order. `condition`: bool[], in the host's memory.
   */
  choose(condition: Value, whenTrue: () => readonly GraphOutput[], whenFalse: () => readonly GraphOutput[]): void {
    const [then, or] = [this.#inner([], whenTrue), this.#inner([], whenFalse)];
    const names = then.outputs.map(({ name }) => name);
    if (or.outputs.some(({ name }, at) => name !== names[at])) throw new Error("Internal error: branches differ");
    const attributes = { then_branch: { graph: then.graph }, else_branch: { graph: or.graph } };
    this.nodes("If", [condition], names, { attributes });
  }

  /**
   * Does the same for every entry of the lists, which have as many entries on their first axis as there are repetitions.
   * The first is given `state.from`; each returns the next one's state first. Within, the state and the entries go by
   * their names. The last state is `state.to`; the other outputs are lists again, with the axis that `work` does not have.
   */
  repeat(
    state: TypedValue & { readonly from: Value; readonly to: string },
    lists: readonly (TypedValue & { readonly from: Value })[],
    work: () => readonly GraphOutput[],
  ): void {
    const { graph, outputs } = this.#inner([state, ...lists], work);
    const attributes = { body: { graph }, num_scan_inputs: { int: lists.length } };
    const names = outputs.slice(1).map(({ name }) => name);
    this.nodes("Scan", [state.from, ...lists.map(({ from }) => from)], [state.to, ...names], { attributes });
  }

  #inner<T extends GraphOutput>(
    inputs: readonly TypedValue[],
    work: () => readonly T[],
  ): { readonly graph: ProtobufWriter; readonly outputs: readonly T[] } {
    const outer = this.#scopes;
    const inner = new Scope();
    this.#scopes = [...outer, inner];
    for (const { name } of inputs) this.#claim(name);
    const outputs = work();
    this.#scopes = outer;
    const graph = graphProto({
      name: outputs.map(({ value }) => value).join(),
      nodes: inner.nodes,
      initializers: inner.initializers,
      inputs: inputs.map(({ name, type, shape }) => valueInfoProto(name, type, shape)),
      outputs: outputs.map(({ value, type, shape }) => valueInfoProto(value, type, shape)),
    });
    return { graph, outputs };
  }

  /** What every branch shares: made of weights and constants alone, it is computed when the graph is loaded. */
  outside<T>(work: () => T): T {
    const scopes = this.#scopes;
    this.#scopes = [this.#outermost];
    try {
      return work();
    } finally {
      this.#scopes = scopes;
    }
  }

  cast(input: Value, type: ElementType, output: string): Value {
    return this.node("Cast", [input], output, { attributes: { to: { int: elementTypeCode(type) } } });
  }

  floats(name: string, shape: readonly number[], data: Float32Array): Value {
    this.#outermost.initializers.push(tensorProto(this.#claim(name, this.#outermost), "float32", shape, data));
    return name;
  }

  /**
   * Integers of shape [values.length], or a scalar when given one number. A branch stores its own, but the same only
   * once: what it reads from outside is first copied to the device, and back where a kernel wants it in the host's memory.
   */
  integers(values: number | readonly number[], type: "int32" | "int64" = "int64"): Value {
    const key = `${type} ${JSON.stringify(values)}`;
    const known = this.#scope.integers.get(key);
    if (known !== undefined) return known;
    const list = typeof values === "number" ? [values] : values;
    const shape = typeof values === "number" ? [] : [values.length];
    const name = this.#claim(`${key} ${this.#scopes.length}`);
    const data = type === "int32" ? Int32Array.from(list) : BigInt64Array.from(list, BigInt);
    this.#scope.initializers.push(tensorProto(name, type, shape, data));
    this.#scope.integers.set(key, name);
    return name;
  }

  /** A value of the output's type with nothing in it: what one branch returns in place of what only the other makes. */
  nothing({ name, type, shape }: TypedValue): GraphOutput {
    const sizes = shape.map((size) => (typeof size === "number" ? size : 0));
    const data = type === "int64" ? new BigInt64Array(0) : type === "int32" ? new Int32Array(0) : new Float32Array(0);
    const empty = this.#claim(`nothing.${name}`);
    this.#scope.initializers.push(tensorProto(empty, type, sizes, data));
    return { value: this.node("Identity", [empty], `no.${name}`), name, type, shape };
  }

  /** A scalar in fp32. The same number is stored once. */
  number(value: number): Value {
    const name = `number ${value}`;
    return this.#isKnown(name) ? name : this.floats(name, [], Float32Array.of(value));
  }

  external(
    name: string,
    type: ElementType,
    shape: readonly number[],
    place: { readonly location: string; readonly offset: number; readonly length: number },
  ): Value {
    this.#outermost.initializers.push(externalTensorProto(this.#claim(name, this.#outermost), type, shape, place));
    return name;
  }

  finish(): Uint8Array {
    return modelProto(
      graphProto({
        name: "steerform",
        nodes: this.#outermost.nodes,
        initializers: this.#outermost.initializers,
        inputs: this.#inputs,
        outputs: this.#outputs,
      }),
    );
  }

  get #scope(): Scope {
    return this.#scopes.at(-1)!;
  }

  #isKnown(name: string): boolean {
    return this.#scopes.some(({ names }) => names.has(name));
  }

  #claim(name: string, scope = this.#scope): string {
    if (name === "" || this.#isKnown(name)) throw new Error(`Internal error: the graph has two values "${name}"`);
    scope.names.add(name);
    return name;
  }
}
