import { ProtobufWriter } from "./protobuf.ts";

/**
 * ONNX messages as protobuf. Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx, onnx/onnx.proto3),
 * named beside each use.
 */

const DATA_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, graph: 5, ints: 7 } as const;
const IR_VERSION = 10;
const OPSETS = { "": 21, "com.microsoft": 1 } as const;

export type ElementType = keyof typeof DATA_TYPE;
export type Domain = keyof typeof OPSETS;
/** A number is a fixed size, a text the name of one that is known at run time only. */
export type Dimension = number | string;
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly graph: ProtobufWriter };

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly domain: Domain;
}

/** The value of a Cast's `to`. */
export function elementTypeCode(type: ElementType): number {
  return DATA_TYPE[type];
}

export function nodeProto(node: Node): ProtobufWriter {
  const proto = new ProtobufWriter();
  for (const input of node.inputs) proto.string(1, input); // input
  for (const output of node.outputs) proto.string(2, output); // output
  proto.string(3, node.outputs.find((output) => output !== "") ?? ""); // name
  proto.string(4, node.op); // op_type
  for (const [name, value] of Object.entries(node.attributes)) proto.message(5, attributeProto(name, value)); // attribute
  if (node.domain !== "") proto.string(7, node.domain); // domain
  return proto;
}

function attributeProto(name: string, attribute: Attribute): ProtobufWriter {
  const proto = new ProtobufWriter().string(1, name); // name
  if ("int" in attribute) return proto.int(3, attribute.int).int(20, ATTRIBUTE_TYPE.int); // i, type
  if ("float" in attribute) return proto.float(2, attribute.float).int(20, ATTRIBUTE_TYPE.float); // f, type
  if ("graph" in attribute) return proto.message(6, attribute.graph).int(20, ATTRIBUTE_TYPE.graph); // g, type
  for (const value of attribute.ints) proto.int(8, value); // ints
  return proto.int(20, ATTRIBUTE_TYPE.ints); // type
}

export function tensorProto(
  name: string,
  type: ElementType,
  shape: readonly number[],
  data: Float32Array | Int32Array | BigInt64Array,
): ProtobufWriter {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensorHead(name, type, shape).bytes(9, bytes); // raw_data
}

/** A tensor that lies in a file: `location` relative to the folder that the session is told. */
export function externalTensorProto(
  name: string,
  type: ElementType,
  shape: readonly number[],
  place: { readonly location: string; readonly offset: number; readonly length: number },
): ProtobufWriter {
  const proto = tensorHead(name, type, shape);
  for (const [key, value] of Object.entries(place)) {
    proto.message(13, new ProtobufWriter().string(1, key).string(2, String(value))); // external_data: key, value
  }
  return proto.int(14, 1); // data_location = EXTERNAL
}

function tensorHead(name: string, type: ElementType, shape: readonly number[]): ProtobufWriter {
  const proto = new ProtobufWriter();
  for (const size of shape) proto.int(1, size); // dims
  return proto.int(2, DATA_TYPE[type]).string(8, name); // data_type, name
}

export function valueInfoProto(name: string, type: ElementType, shape: readonly Dimension[]): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    dimensions.message(1, typeof size === "number" ? dimension.int(1, size) : dimension.string(2, size));
  }
  const tensorType = new ProtobufWriter().int(1, DATA_TYPE[type]).message(2, dimensions); // elem_type, shape
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType)); // name, type
}

export interface GraphParts {
  readonly name: string;
  readonly nodes: readonly ProtobufWriter[];
  readonly initializers: readonly ProtobufWriter[];
  readonly inputs: readonly ProtobufWriter[];
  readonly outputs: readonly ProtobufWriter[];
}

export function graphProto(parts: GraphParts): ProtobufWriter {
  const graph = new ProtobufWriter();
  for (const node of parts.nodes) graph.message(1, node); // node
  graph.string(2, parts.name); // name
  for (const initializer of parts.initializers) graph.message(5, initializer); // initializer
  for (const input of parts.inputs) graph.message(11, input); // input
  for (const output of parts.outputs) graph.message(12, output); // output
  return graph;
}

export function modelProto(graph: ProtobufWriter): Uint8Array {
  const model = new ProtobufWriter().int(1, IR_VERSION).message(7, graph); // ir_version, graph
  for (const [domain, version] of Object.entries(OPSETS)) {
    model.message(8, new ProtobufWriter().string(1, domain).int(2, version)); // opset_import
  }
  return model.finish();
}
