import type { BlockContext } from "../architectures/types.ts";
import type { GraphBuilder, GraphOutput, Value } from "../onnx/graph-builder.ts";
import { IO, type Named } from "./io.ts";

/** What follows each token [n, hidden], in fp32. `head`: the vocabulary's matrix [vocab, hidden]. */
export interface Logits {
  /** [n, vocab] */
  readonly logits: Value;
  /** [n]: of the raw ones, which a softcap would turn from infinity into a number. */
  readonly sums: Value;
}

export function addLogits(
  { graph, shape, type }: BlockContext,
  tokens: Value,
  head: Value,
  name: string,
  sumsName: string,
): Logits {
  const product = graph.node("Gemm", [tokens, head], `${name}.head`, { attributes: { transB: { int: 1 } } });
  const raw = type === "float32" ? product : graph.cast(product, "float32", `${name}.raw_logits`);
  const attributes = { keepdims: { int: 0 } };
  const sums = graph.node("ReduceSum", [raw, graph.integers([1])], sumsName, { attributes });
  if (shape.finalSoftcap === undefined) return { logits: raw, sums };
  return { logits: softcapped(graph, raw, shape.finalSoftcap, name), sums };
}

/**
 * What follows the asked tokens. `highest`: the operator that finds the likeliest token. On CUDA, TopK takes a fraction of
 * ArgMax's time; on WebGPU it sorts the whole vocabulary, and takes hundreds of times ArgMax's.
 */
export function addPredictions(
  context: BlockContext,
  normed: Value,
  head: Value,
  highest: "TopK" | "ArgMax",
  named: Named,
): { readonly logits: Value; readonly outputs: readonly GraphOutput[] } {
  const { graph, shape } = context;
  const { vocabSize } = shape;
  const asked = graph.node("Gather", [normed, graph.input(IO.logitTokens, "int32", ["asked"])], "asked");
  const { logits, sums } = addLogits(context, asked, head, "asked", named(IO.logitSums));
  const likeliest =
    highest === "ArgMax"
      ? graph.node("ArgMax", [logits], named(IO.likeliest), { attributes: { axis: { int: -1 } } })
      : addWinner(graph, logits, vocabSize, named(IO.likeliest));
  const rows = graph.input(IO.logitRows, "int32", ["returned"]);
  const returned = graph.node("Gather", [logits, rows], named(IO.logits));
  const scored = graph.node("Gather", [logits, graph.input(IO.scoreRows, "int32", ["scored"])], "scored");
  const probabilities = graph.node("Softmax", [scored], "probabilities", { attributes: { axis: { int: -1 } } });
  const tokens = graph.input(IO.scoreTokens, "int32", ["score_tokens"]);
  const scores = graph.node("Gather", [probabilities, tokens], named(IO.scores), { attributes: { axis: { int: 1 } } });
  const outputs: GraphOutput[] = [
    { value: likeliest, name: IO.likeliest, type: "int64", shape: ["asked", 1] },
    { value: sums, name: IO.logitSums, type: "float32", shape: ["asked"] },
    { value: returned, name: IO.logits, type: "float32", shape: ["returned", vocabSize] },
    { value: scores, name: IO.scores, type: "float32", shape: ["scored", "score_tokens"] },
  ];
  return { logits, outputs };
}

/** c · tanh(x / c), in fp32 */
function softcapped(graph: GraphBuilder, logits: Value, cap: number, name: string): Value {
  const quotients = graph.node("Div", [logits, graph.number(cap)], `${name}.quotients`);
  return graph.node("Mul", [graph.node("Tanh", [quotients], `${name}.tanh`), graph.number(cap)], `${name}.logits`);
}

/** ONNX Runtime sorts up to 256 values in one step; above, TopK over 220 rows of 128,256 took 5 ms of a 20 ms step on CUDA. */
const GROUP = 256;

/**
 * The highest logit's token. Over a large vocabulary as a tournament in three rounds: in groups of 256, of the winners in
 * groups of 256, of their winners. [rows, 1]
 */
export function addWinner(graph: GraphBuilder, logits: Value, vocabSize: number, output: string): Value {
  const one = graph.integers([1]);
  const winners = (values: Value, width: number, name: string): { readonly best: Value; readonly at: Value } => {
    const groups = graph.node("Reshape", [values, graph.integers([-1, width])], `${name}.groups`);
    graph.nodes("TopK", [groups, one], [`${name}.best`, `${name}.at`]);
    return { best: `${name}.best`, at: `${name}.at` };
  };
  if (vocabSize <= GROUP * GROUP) {
    graph.nodes("TopK", [logits, one], ["highest_logits", output]);
    return output;
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
    place = graph.node("Add", [before, within], round === first ? output : name);
  }
  return place;
}
