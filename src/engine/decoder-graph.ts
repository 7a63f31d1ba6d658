import { parse, relative } from "node:path";
import { EngineFailure } from "../domain/engine.ts";
import { addNorm } from "./architectures/blocks.ts";
import type { BlockContext, DecoderShape, Stream } from "./architectures/types.ts";
import { gqaCore } from "./attention/gqa.ts";
import { GraphBuilder, type Value } from "./onnx/graph-builder.ts";
import type { ElementType } from "./onnx/proto.ts";
import type { Checkpoint } from "./weights/checkpoint.ts";

/** Names of the graph's inputs and outputs, besides those of the attention core. An empty index makes its part free. */
export const IO = {
  /** f32[vectors, hidden] */
  vectors: "vectors",
  /** i64[layers, rows]: which vector. */
  steerVector: "steer_vector",
  /** f32[layers, rows, 1] */
  steerCoefficient: "steer_coefficient",
  /** i64[readers, width]: tokens to pool. */
  poolTokens: "pool_tokens",
  /** f32[1, readers, pools, width]: each token's weight in each pool. */
  poolWeights: "pool_weights",
  /** i64[n]: tokens whose next token is wanted. */
  logitTokens: "logit_tokens",
  /** i64[m]: which of these n have their logits returned. */
  logitRows: "logit_rows",
  /** i64[q]: which of these n have probabilities returned, of the tokens i64[t]. */
  scoreRows: "score_rows",
  scoreTokens: "score_tokens",
  /** f32[layers, readers, pools, hidden] */
  poolMeans: "pool_means",
  /** f32[layers, readers, pools, 1] */
  poolNorms: "pool_norms",
  /** i64[n, 1]: the likeliest next token, the lowest id among equals. */
  likeliest: "likeliest",
  /** f32[n]: finite if and only if every logit is. */
  logitSums: "logit_sums",
  /** f32[m, vocab] */
  logits: "logits",
  /** f32[q, t] */
  scores: "scores",
} as const;

export interface DecoderGraph {
  readonly bytes: Uint8Array;
  /** The folder that the locations of external data are relative to. */
  readonly externalRoot: string;
}

/** One graph that steers, captures and predicts. The weights stay where they are: the graph points into their files. */
export function buildDecoderGraph(checkpoint: Checkpoint): DecoderGraph {
  const { architecture, shape } = checkpoint;
  const graph = new GraphBuilder();
  const externalRoot = rootOf(checkpoint);
  const known = new Map<string, Value>();
  const once = (name: string, make: (name: string) => Value): Value => {
    const value = known.get(name) ?? make(name);
    known.set(name, value);
    return value;
  };
  const type = "float32";
  const context: BlockContext = {
    graph,
    shape,
    attention: gqaCore(graph, shape),
    type,
    weight: (weight) => once(weight, (name) => addWeight(graph, checkpoint, name, externalRoot)),
    constant: (value) => once(`constant ${value}`, (name) => graph.cast(graph.number(value), type, name)),
  };
  const steering = addSteering(graph, shape.hiddenSize, shape.layers);
  const capture = addCapture(graph, shape.hiddenSize);
  let stream: Stream = { sum: embed(context, context.weight(architecture.embedding)) };
  for (let layer = 0; layer < shape.layers; layer++) {
    const { before, after } = architecture.addBlock(context, layer, stream);
    if (layer > 0) capture.read(before);
    // Added to the block's last term and not to the sum: the next norm sums anyway, so steering costs one addition.
    const delta = context.attention.addPerRow(after.delta, steering(layer), `steered.${layer}`);
    stream = { sum: after.sum, delta };
  }
  const last = addNorm(context, stream, architecture.finalNorm, "final");
  capture.read(last.sum);
  capture.finish();
  context.attention.finish();
  addPredictions(
    graph,
    last.normed,
    context.weight(shape.tiedHead ? architecture.embedding : architecture.head),
    shape,
  );
  return { bytes: graph.finish(), externalRoot };
}

/** [tokens, hidden] */
function embed(context: BlockContext, matrix: Value): Value {
  const { graph, shape } = context;
  const embedded = graph.node("Gather", [matrix, context.attention.tokenIds], "embedded");
  if (shape.embeddingScale === 1) return embedded;
  return graph.node("Mul", [embedded, context.constant(shape.embeddingScale)], "embedded.scaled");
}

const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

function addWeight(graph: GraphBuilder, checkpoint: Checkpoint, name: string, externalRoot: string): Value {
  const tensor = checkpoint.tensors.get(name);
  const type = tensor && ELEMENT_TYPES[tensor.dtype];
  if (tensor === undefined || type === undefined) throw new Error(`Internal error: weight ${name} was not checked`);
  const place = {
    location: relative(externalRoot, tensor.realPath),
    offset: tensor.begin,
    length: tensor.end - tensor.begin,
  };
  if (type === "float32") return graph.external(name, type, tensor.shape, place);
  // Folded at load: fp32 is what CPUs multiply fastest.
  return graph.cast(graph.external(`${name}.stored`, type, tensor.shape, place), "float32", name);
}

/** ONNX Runtime refuses external data outside of its folder; the root holds everything. */
function rootOf({ tensors }: Checkpoint): string {
  const roots = new Set([...tensors.values()].map(({ realPath }) => parse(realPath).root));
  const [root, other] = [...roots];
  if (root === undefined) throw new Error("Internal error: a checkpoint without tensors");
  if (other === undefined) return root;
  const hint = "Put all files of the model on one drive.";
  throw new EngineFailure("runtime", `The model's files lie on several drives: ${root}, ${other}.`, hint);
}

/** coefficient · vector for every layer and row; the returned function gives a layer's [rows, hidden]. */
function addSteering(graph: GraphBuilder, hiddenSize: number, layers: number): (layer: number) => Value {
  const vectors = graph.input(IO.vectors, "float32", ["vectors", hiddenSize]);
  const which = graph.input(IO.steerVector, "int64", [layers, "rows"]);
  const coefficients = graph.input(IO.steerCoefficient, "float32", [layers, "rows", 1]);
  const chosen = graph.node("Gather", [vectors, which], "steer.chosen"); // [layers, rows, hidden]
  const scaled = graph.node("Mul", [chosen, coefficients], "steer.scaled");
  return (layer) => graph.node("Gather", [scaled, graph.integers(layer)], `steer.${layer}`);
}

/** Pools residual streams in the graph, so that nothing of size [tokens, hidden] leaves it. */
function addCapture(graph: GraphBuilder, hiddenSize: number): { read(residual: Value): void; finish(): void } {
  const tokens = graph.input(IO.poolTokens, "int64", ["readers", "pool_width"]);
  // The leading 1 becomes the layers' axis.
  const weights = graph.input(IO.poolWeights, "float32", [1, "readers", "pools", "pool_width"]);
  const means: Value[] = [];
  const norms: Value[] = [];
  return {
    read(residual) {
      const at = `capture.${means.length}`;
      const read = graph.node("Gather", [residual, tokens], `${at}.read`); // [readers, pool_width, hidden]
      means.push(graph.node("MatMul", [weights, read], `${at}.mean`));
      const squares = graph.node("Mul", [read, read], `${at}.squares`);
      const sums = graph.node("ReduceSum", [squares, graph.integers([2])], `${at}.sums`); // [readers, pool_width, 1]
      const lengths = graph.node("Sqrt", [sums], `${at}.lengths`);
      norms.push(graph.node("MatMul", [weights, lengths], `${at}.norm`));
    },
    finish() {
      const attributes = { axis: { int: 0 } };
      graph.node("Concat", means, IO.poolMeans, { attributes });
      graph.node("Concat", norms, IO.poolNorms, { attributes });
      graph.output(IO.poolMeans, "float32", [means.length, "readers", "pools", hiddenSize]);
      graph.output(IO.poolNorms, "float32", [norms.length, "readers", "pools", 1]);
    },
  };
}

/** The vocabulary's matrix is multiplied for the asked tokens only. */
function addPredictions(graph: GraphBuilder, normed: Value, head: Value, shape: DecoderShape): void {
  const asked = graph.node("Gather", [normed, graph.input(IO.logitTokens, "int64", ["asked"])], "asked");
  const raw = graph.node("Gemm", [asked, head], "raw_logits", { attributes: { transB: { int: 1 } } });
  // Of the raw ones: a softcap would turn infinity into a number.
  graph.node("ReduceSum", [raw, graph.integers([1])], IO.logitSums, { attributes: { keepdims: { int: 0 } } });
  graph.output(IO.logitSums, "float32", ["asked"]);
  const all = shape.finalSoftcap === undefined ? raw : softcapped(graph, raw, shape.finalSoftcap);
  // TopK and not ArgMax: on CUDA it is many times faster over a large vocabulary.
  graph.nodes("TopK", [all, graph.integers([1])], ["highest_logits", IO.likeliest]);
  graph.output(IO.likeliest, "int64", ["asked", 1]);
  graph.node("Gather", [all, graph.input(IO.logitRows, "int64", ["returned"])], IO.logits);
  graph.output(IO.logits, "float32", ["returned", shape.vocabSize]);
  const scored = graph.node("Gather", [all, graph.input(IO.scoreRows, "int64", ["scored"])], "scored");
  const probabilities = graph.node("Softmax", [scored], "probabilities", { attributes: { axis: { int: -1 } } });
  const tokens = graph.input(IO.scoreTokens, "int64", ["score_tokens"]);
  graph.node("Gather", [probabilities, tokens], IO.scores, { attributes: { axis: { int: 1 } } });
  graph.output(IO.scores, "float32", ["scored", "score_tokens"]);
}

/** c · tanh(x / c), in fp32 */
function softcapped(graph: GraphBuilder, logits: Value, cap: number): Value {
  const quotients = graph.node("Div", [logits, graph.number(cap)], "logits.quotients");
  return graph.node("Mul", [graph.node("Tanh", [quotients], "logits.tanh"), graph.number(cap)], "all_logits");
}
