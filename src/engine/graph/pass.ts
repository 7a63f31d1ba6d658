import { addNorm } from "../architectures/blocks.ts";
import type { BlockContext, Stream } from "../architectures/types.ts";
import type { GraphOutput, Value } from "../onnx/graph-builder.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { addCapture } from "./capture.ts";
import { addDenseCapture } from "./dense-capture.ts";
import { addDraws, DRAWS, type DrawInputs } from "./draws.ts";
import type { Named } from "./io.ts";
import { addPredictions } from "./predictions.ts";

export interface PassOptions {
  /** The operator that finds the likeliest token. */
  readonly highest: "TopK" | "ArgMax";
  /** Captures by products of half precision that return fp32. */
  readonly dense: boolean;
  /** Tokens are drawn in the graph. */
  readonly draws?: DrawInputs;
  readonly named: Named;
}

/** A forward pass over rows of any number of new tokens; it captures and predicts what it is asked for. */
export function addPass(context: BlockContext, checkpoint: Checkpoint, options: PassOptions): GraphOutput[] {
  const { graph, shape } = context;
  const { highest, dense, draws, named } = options;
  const capture = dense ? addDenseCapture(context, named) : addCapture(context);
  const normed = addBlocks(context, checkpoint, (residual) => capture.read(residual));
  const head = headOf(context, checkpoint);
  const { logits, outputs } = addPredictions(context, normed, head, highest, named);
  const drawn: GraphOutput[] = [];
  if (draws !== undefined) {
    const value = addDraws(graph, logits, draws, shape.vocabSize, named(DRAWS.drawn));
    drawn.push({ value, name: DRAWS.drawn, type: "int32", shape: ["drawn", 1] });
  }
  return [...outputs, ...drawn, ...capture.finish()];
}

/** From token ids to the last norm [tokens, hidden]; `read` is given every layer's residual stream. */
export function addBlocks(
  context: BlockContext,
  { architecture, shape }: Checkpoint,
  read: (residual: Value) => void = () => {},
): Value {
  let stream: Stream = { sum: embed(context, context.weight(architecture.embedding)) };
  for (let layer = 0; layer < shape.layers; layer++) {
    const { before, after } = architecture.addBlock(context, layer, stream);
    if (layer > 0) read(before);
    // Added to the block's last term and not to the sum: the next norm sums anyway, so steering costs one addition.
    stream = { sum: after.sum, delta: context.attention.addEntry(layer, after.delta, `steered.${layer}`) };
  }
  const last = addNorm(context, stream, architecture.finalNorm, "final");
  read(last.sum);
  context.attention.finish();
  return last.normed;
}

/** [vocab, hidden] */
export function headOf(context: BlockContext, { architecture, shape }: Checkpoint): Value {
  return context.weight(shape.tiedHead ? architecture.embedding : architecture.head);
}

/** [tokens, hidden] */
function embed(context: BlockContext, matrix: Value): Value {
  const { graph, shape } = context;
  const embedded = graph.node("Gather", [matrix, context.attention.tokenIds], "embedded");
  if (shape.embeddingScale === 1) return embedded;
  return graph.node("Mul", [embedded, context.constant(shape.embeddingScale)], "embedded.scaled");
}
