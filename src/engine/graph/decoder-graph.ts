import type { FloatType } from "../../domain/engine.ts";
import { addNorm } from "../architectures/blocks.ts";
import type { BlockContext, Stream } from "../architectures/types.ts";
import { gqaCore } from "../attention/gqa.ts";
import { pagedCore, type PagedCache } from "../attention/paged.ts";
import type { RowEntries } from "../attention/types.ts";
import { GraphBuilder, type Value } from "../onnx/graph-builder.ts";
import type { ElementType } from "../onnx/proto.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { addCapture } from "./capture.ts";
import { addDenseCapture } from "./dense-capture.ts";
import { addDraws } from "./draws.ts";
import { IO } from "./io.ts";
import { addPredictions } from "./predictions.ts";
import { addWeight, rootOf } from "./weights.ts";

export interface DecoderGraph {
  readonly bytes: Uint8Array;
  /** The folder that the locations of external data are relative to. */
  readonly externalRoot: string;
}

/** The attention core, and what the graph computes in: CPUs multiply fp32 fastest, GPUs half precision. */
export type Core =
  | { readonly kind: "gqa"; readonly type: "float32" }
  | {
      readonly kind: "paged";
      readonly type: FloatType;
      readonly cache: PagedCache;
      /** With what only CUDA has: decoding in groups, products that return fp32, a fast TopK. */
      readonly cuda: boolean;
    };

/** One graph that steers, captures and predicts. The weights stay where they are: the graph points into their files. */
export function buildDecoderGraph(checkpoint: Checkpoint, core: Core): DecoderGraph {
  const { architecture, shape } = checkpoint;
  const { type } = core;
  const graph = new GraphBuilder();
  const externalRoot = rootOf(checkpoint);
  const known = new Map<string, Value>();
  const once = (name: string, make: (name: string) => Value): Value => {
    const value = known.get(name) ?? make(name);
    known.set(name, value);
    return value;
  };
  const steering = addSteering(graph, shape.hiddenSize, shape.layers, type);
  const context: BlockContext = {
    graph,
    shape,
    attention:
      core.kind === "gqa" ? gqaCore(graph, shape, steering) : pagedCore(graph, shape, steering, core, externalRoot),
    type,
    weight: (weight) => once(weight, (name) => addWeight(graph, checkpoint, name, type, externalRoot)),
    constant: (value) => once(`constant ${value}`, (name) => graph.cast(graph.number(value), type, name)),
  };
  const capture = core.kind === "paged" && core.cuda ? addDenseCapture(context) : addCapture(context);
  let stream: Stream = { sum: embed(context, context.weight(architecture.embedding)) };
  for (let layer = 0; layer < shape.layers; layer++) {
    const { before, after } = architecture.addBlock(context, layer, stream);
    if (layer > 0) capture.read(before);
    // Added to the block's last term and not to the sum: the next norm sums anyway, so steering costs one addition.
    stream = { sum: after.sum, delta: context.attention.addEntry(layer, after.delta, `steered.${layer}`) };
  }
  const last = addNorm(context, stream, architecture.finalNorm, "final");
  capture.read(last.sum);
  context.attention.finish();
  const head = context.weight(shape.tiedHead ? architecture.embedding : architecture.head);
  const highest = core.kind === "paged" && !core.cuda ? "ArgMax" : "TopK";
  const logits = addPredictions(context, last.normed, head, highest);
  if (core.kind === "paged") addDraws(graph, logits, shape);
  capture.finish();
  return { bytes: graph.finish(), externalRoot };
}

/** [tokens, hidden] */
function embed(context: BlockContext, matrix: Value): Value {
  const { graph, shape } = context;
  const embedded = graph.node("Gather", [matrix, context.attention.tokenIds], "embedded");
  if (shape.embeddingScale === 1) return embedded;
  return graph.node("Mul", [embedded, context.constant(shape.embeddingScale)], "embedded.scaled");
}

/** coefficient · vector of every entry: few, however many rows and layers use them. */
function addSteering(graph: GraphBuilder, hiddenSize: number, layers: number, type: ElementType): RowEntries {
  const vectors = graph.input(IO.vectors, "float32", ["vectors", hiddenSize]);
  const which = graph.input(IO.entryVectors, "int32", ["entries"]);
  const coefficients = graph.input(IO.entryCoefficients, "float32", ["entries", 1]);
  const entries = graph.input(IO.rowEntries, "int32", [layers, "rows"]);
  const chosen = graph.node("Gather", [vectors, which], "steer.chosen"); // [entries, hidden]
  const scaled = graph.node("Mul", [chosen, coefficients], "steer.scaled");
  return { table: type === "float32" ? scaled : graph.cast(scaled, type, "steer.table"), entries };
}
