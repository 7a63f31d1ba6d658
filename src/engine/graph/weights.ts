import { parse, relative } from "node:path";
import { EngineFailure } from "../../domain/engine.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { ElementType } from "../onnx/proto.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";

const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** A tensor of the checkpoint in the type that the graph computes in: where it lies, or cast when the model is loaded. */
export function addWeight(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
  type: ElementType,
  externalRoot: string,
): Value {
  const tensor = checkpoint.tensors.get(name);
  const stored = tensor && ELEMENT_TYPES[tensor.dtype];
  if (tensor === undefined || stored === undefined) throw new Error(`Internal error: weight ${name} was not checked`);
  const place = {
    location: relative(externalRoot, tensor.realPath),
    offset: tensor.begin,
    length: tensor.end - tensor.begin,
  };
  if (stored === type) return graph.external(name, type, tensor.shape, place);
  return graph.cast(graph.external(`${name}.stored`, stored, tensor.shape, place), type, name);
}

/** ONNX Runtime refuses external data outside of its folder; the root holds everything. Throws EngineFailure. */
export function rootOf({ tensors }: Checkpoint): string {
  const roots = new Set([...tensors.values()].map(({ realPath }) => parse(realPath).root));
  const [root, other] = [...roots];
  if (root === undefined) throw new Error("Internal error: a checkpoint without tensors");
  if (other === undefined) return root;
  const hint = "Put all files of the model on one drive.";
  throw new EngineFailure("runtime", `The model's files lie on several drives: ${root}, ${other}.`, hint);
}
