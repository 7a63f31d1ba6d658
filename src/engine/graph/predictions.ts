import type { BlockContext } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import { IO } from "./io.ts";

/**
 * What follows the asked tokens, in fp32; the vocabulary's matrix [vocab, hidden] is multiplied for these only. Returns
 * their logits: [asked, vocab]. `highest`: the operator that finds the likeliest token. On CUDA, TopK takes a fraction of
 * ArgMax's time; on WebGPU it sorts the whole vocabulary, and takes hundreds of times ArgMax's.
 */
export function addPredictions(context: BlockContext, normed: Value, head: Value, highest: "TopK" | "ArgMax"): Value {
  const { graph, shape, type } = context;
  const asked = graph.node("Gather", [normed, graph.input(IO.logitTokens, "int32", ["asked"])], "asked");
  const product = graph.node("Gemm", [asked, head], "head", { attributes: { transB: { int: 1 } } });
  const raw = type === "float32" ? product : graph.cast(product, "float32", "raw_logits");
  // Of the raw ones: a softcap would turn infinity into a number.
  graph.node("ReduceSum", [raw, graph.integers([1])], IO.logitSums, { attributes: { keepdims: { int: 0 } } });
  graph.output(IO.logitSums, "float32", ["asked"]);
  const all = shape.finalSoftcap === undefined ? raw : softcapped(graph, raw, shape.finalSoftcap);
  const likeliest =
    highest === "ArgMax"
      ? graph.node("ArgMax", [all], IO.likeliest, { attributes: { axis: { int: -1 } } })
      : addWinner(graph, all, shape.vocabSize);
  graph.output(likeliest, "int64", ["asked", 1]);
  graph.node("Gather", [all, graph.input(IO.logitRows, "int32", ["returned"])], IO.logits);
  graph.output(IO.logits, "float32", ["returned", shape.vocabSize]);
  const scored = graph.node("Gather", [all, graph.input(IO.scoreRows, "int32", ["scored"])], "scored");
  const probabilities = graph.node("Softmax", [scored], "probabilities", { attributes: { axis: { int: -1 } } });
  const tokens = graph.input(IO.scoreTokens, "int32", ["score_tokens"]);
  graph.node("Gather", [probabilities, tokens], IO.scores, { attributes: { axis: { int: 1 } } });
  graph.output(IO.scores, "float32", ["scored", "score_tokens"]);
  return all;
}

/** c · tanh(x / c), in fp32 */
function softcapped(graph: GraphBuilder, logits: Value, cap: number): Value {
  const quotients = graph.node("Div", [logits, graph.number(cap)], "logits.quotients");
  return graph.node("Mul", [graph.node("Tanh", [quotients], "logits.tanh"), graph.number(cap)], "all_logits");
}

/** ONNX Runtime sorts up to 256 values in one step; above, TopK over 220 rows of 128,256 took 5 ms of a 20 ms step on CUDA. */
const GROUP = 256;

/**
 * The highest logit's token. Over a large vocabulary as a tournament in three rounds: in groups of 256, of the winners in
 * groups of 256, of their winners. [rows, 1]
 */
export function addWinner(graph: GraphBuilder, logits: Value, vocabSize: number): Value {
  const one = graph.integers([1]);
  const winners = (values: Value, width: number, name: string): { readonly best: Value; readonly at: Value } => {
    const groups = graph.node("Reshape", [values, graph.integers([-1, width])], `${name}.groups`);
    graph.nodes("TopK", [groups, one], [`${name}.best`, `${name}.at`]);
    return { best: `${name}.best`, at: `${name}.at` };
  };
  if (vocabSize <= GROUP * GROUP) {
    graph.nodes("TopK", [logits, one], ["highest_logits", IO.likeliest]);
    return IO.likeliest;
  }
  const last = Math.ceil(vocabSize / GROUP ** 2);
  const padding = graph.integers([0, 0, 0, last * GROUP ** 2 - vocabSize]);
  const padded = graph.node("Pad", [logits, padding, graph.number(-Infinity)], "padded_logits");
  const first = winners(padded, GROUP, "first");
  const second = winners(first.best, GROUP, "second");
  const third = winners(second.best, last, "third");
  // From the last round back: the winner's place among the winners of the round before.
  let place = third.at; // [asked, 1]
  for (const [round, width] of [
    [second, last],
    [first, last * GROUP],
  ] as const) {
    const name = `${round.at}.place`;
    const places = graph.node("Reshape", [round.at, graph.integers([-1, width])], `${name}s`); // [asked, width]
    const within = graph.node("GatherElements", [places, place], `${name}.within`, {
      attributes: { axis: { int: 1 } },
    });
    const before = graph.node("Mul", [place, graph.integers(GROUP)], `${name}.before`);
    place = graph.node("Add", [before, within], round === first ? IO.likeliest : name);
  }
  return place;
}
