import type { BlockContext } from "../architectures/types.ts";
import type { Value } from "../onnx/graph-builder.ts";
import { IO } from "./io.ts";

/** Called with the residual stream [tokens, hidden] after every layer in turn, then finished. */
export interface CaptureGraph {
  read(residual: Value): void;
  finish(): void;
}

/**
 * Pools residual streams in the graph, in fp32, so that nothing of size [tokens, hidden] leaves it. Counts of 0 and 1
 * are exact in every type that a device may multiply in (TF32 has 10 bits): the division by a pool's size is the caller's.
 */
export function addCapture(context: BlockContext): CaptureGraph {
  const { graph, shape, type } = context;
  const tokens = graph.input(IO.poolTokens, "int32", ["readers", "pool_width"]);
  // The leading 1 becomes the layers' axis.
  const counts = graph.input(IO.poolCounts, "float32", [1, "readers", "pools", "pool_width"]);
  const sums: Value[] = [];
  const norms: Value[] = [];
  return {
    read(residual) {
      const at = `capture.${sums.length}`;
      const stored = graph.node("Gather", [residual, tokens], `${at}.stored`); // [readers, pool_width, hidden]
      const read = type === "float32" ? stored : graph.cast(stored, "float32", `${at}.read`);
      sums.push(graph.node("MatMul", [counts, read], `${at}.sum`));
      const squares = graph.node("Mul", [read, read], `${at}.squares`);
      const keepdims = { attributes: { keepdims: { int: 0 } } };
      const totals = graph.node("ReduceSum", [squares, graph.integers([2])], `${at}.totals`, keepdims);
      const lengths = graph.node("Sqrt", [totals], `${at}.lengths`); // [readers, pool_width]
      norms.push(addNormSum(context, counts, lengths, `${at}.norm`));
    },
    finish() {
      const attributes = { axis: { int: 0 } };
      graph.node("Concat", sums, IO.poolSums, { attributes });
      graph.node("Concat", norms, IO.poolNorms, { attributes });
      graph.output(IO.poolSums, "float32", [sums.length, "readers", "pools", shape.hiddenSize]);
      graph.output(IO.poolNorms, "float32", [norms.length, "readers", "pools"]);
    },
  };
}

/** Sums of a pool's lengths [readers, pool_width]: [1, readers, pools]. */
function addNormSum({ graph, type }: BlockContext, counts: Value, lengths: Value, output: string): Value {
  const axis = (index: number): Value => graph.integers([index]);
  if (type === "float32") {
    // A product's sums do not depend on how far a row is padded, to the bit.
    const column = graph.node("Unsqueeze", [lengths, axis(2)], `${output}.column`); // [readers, pool_width, 1]
    return graph.node("Squeeze", [graph.node("MatMul", [counts, column], `${output}.sums`), axis(3)], output);
  }
  // A product would round the lengths to TF32.
  const rows = graph.node("Unsqueeze", [lengths, axis(1)], `${output}.rows`); // [readers, 1, pool_width]
  const counted = graph.node("Mul", [counts, rows], `${output}.counted`); // [1, readers, pools, pool_width]
  return graph.node("ReduceSum", [counted, axis(3)], output, { attributes: { keepdims: { int: 0 } } });
}
