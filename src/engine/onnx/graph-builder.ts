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

/** Collects an ONNX graph and writes it. Every value has one producer: a second one of the same name is our bug. */
export class GraphBuilder {
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, Value>();
  #nodes: ProtobufWriter[] = [];
  readonly #initializers: ProtobufWriter[] = [];
  /** Of the branch that is being built, if any. */
  #local: ProtobufWriter[] = this.#initializers;
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfoProto(this.#claim(name), type, shape));
    return name;
  }

  /** Declares a value that a node produces as an output of the graph. */
  output(name: Value, type: ElementType, shape: readonly Dimension[]): void {
    if (!this.#names.has(name)) throw new Error(`Internal error: the graph's output ${name} has no producer`);
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
      if (input !== "" && !this.#names.has(input)) throw new Error(`Internal error: ${op} reads ${input}, unknown`);
    }
    for (const output of outputs) if (output !== "") this.#claim(output);
    const { attributes = {}, domain = "" } = options;
    this.#nodes.push(nodeProto({ op, inputs, outputs, attributes, domain }));
  }

  /**
   * Does one thing or the other; only the nodes of what is chosen run. Both may read every value so far, and return as
   * many values as there are outputs, of the same types. `condition`: bool[], in the host's memory.
   */
  choose(
    condition: Value,
    whenTrue: () => readonly Value[],
    whenFalse: () => readonly Value[],
    outputs: readonly { readonly name: string; readonly type: ElementType; readonly shape: readonly Dimension[] }[],
  ): void {
    const branch = (work: () => readonly Value[]): ProtobufWriter => {
      const outer = { nodes: this.#nodes, local: this.#local };
      const inner = { nodes: [] as ProtobufWriter[], local: [] as ProtobufWriter[] };
      [this.#nodes, this.#local] = [inner.nodes, inner.local];
      const values = work();
      [this.#nodes, this.#local] = [outer.nodes, outer.local];
      const infos = values.map((value, at) => valueInfoProto(value, outputs[at]!.type, outputs[at]!.shape));
      return graphProto({
        name: values.join(),
        nodes: inner.nodes,
        initializers: inner.local,
        inputs: [],
        outputs: infos,
      });
    };
    const attributes = { then_branch: { graph: branch(whenTrue) }, else_branch: { graph: branch(whenFalse) } };
    const names = outputs.map(({ name }) => name);
    this.nodes("If", [condition], names, { attributes });
  }

  cast(input: Value, type: ElementType, output: string): Value {
    return this.node("Cast", [input], output, { attributes: { to: { int: elementTypeCode(type) } } });
  }

  floats(name: string, shape: readonly number[], data: Float32Array): Value {
    this.#initializers.push(tensorProto(this.#claim(name), "float32", shape, data));
    return name;
  }

  /** Integers of shape [values.length], or a scalar when given one number. The same numbers are stored once. */
  integers(values: number | readonly number[]): Value {
    const key = JSON.stringify(values);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const list = typeof values === "number" ? [values] : values;
    const shape = typeof values === "number" ? [] : [values.length];
    const name = this.#claim(`integers ${key}`);
    this.#initializers.push(tensorProto(name, "int64", shape, BigInt64Array.from(list, BigInt)));
    this.#constants.set(key, name);
    return name;
  }

  /**
   * Integers in 32 bits that only the branch that is being built reads. What a branch reads from outside is first copied
   * to the device, and back where a kernel wants it in the host's memory.
   */
  localIntegers(name: string, values: readonly number[]): Value {
    this.#local.push(tensorProto(this.#claim(name), "int32", [values.length], Int32Array.from(values)));
    return name;
  }

  /** A scalar in fp32. The same number is stored once. */
  number(value: number): Value {
    const name = `number ${value}`;
    return this.#names.has(name) ? name : this.floats(name, [], Float32Array.of(value));
  }

  external(
    name: string,
    type: ElementType,
    shape: readonly number[],
    place: { readonly location: string; readonly offset: number; readonly length: number },
  ): Value {
    this.#initializers.push(externalTensorProto(this.#claim(name), type, shape, place));
    return name;
  }

  finish(): Uint8Array {
    return modelProto(
      graphProto({
        name: "steerform",
        nodes: this.#nodes,
        initializers: this.#initializers,
        inputs: this.#inputs,
        outputs: this.#outputs,
      }),
    );
  }

  #claim(name: string): string {
    if (name === "" || this.#names.has(name)) throw new Error(`Internal error: the graph has two values "${name}"`);
    this.#names.add(name);
    return name;
  }
}
