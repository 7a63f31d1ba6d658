import type { BlockContext } from "../architectures/types.ts";
import type { Value } from "../onnx/graph-builder.ts";
import { IO } from "./io.ts";

/** Called with the residual stream [tokens, hidden] after every layer in turn, then finished. */
export interface CaptureGraph {
  read(residual: Value): void;
  finish(): void;
}

/**
 * Pools residual streams in the graph, in fp32, so that nothing of size [tokens, hidden] leaves it. Counts are whole
 * numbers, exact in every type that a device may multiply in (TF32 has 10 bits); sums are divided afterwards.
 */
export function addCapture(context: BlockContext): CaptureGraph {
  const { graph, shape, type } = context;
  const tokens = graph.input(IO.poolTokens, "int32", ["readers", "pool_width"]);
  // The leading 1 becomes the layers' axis.
  const counts = graph.input(IO.poolCounts, "float32", [1, "readers", "pools", "pool_width"]);
  const sizes = graph.input(IO.poolSizes, "float32", [1, "readers", "pools", 1]);
  const sums: Value[] = [];
  const norms: Value[] = [];
  /** Every layer's [1, readers, pools, n], one under the other, divided; then the layers' axis goes behind the pools'. */
  const collect = (layers: readonly Value[], output: string): Value => {
    const all = graph.node("Concat", layers, `${output}.layers`, { attributes: { axis: { int: 0 } } });
    const means = graph.node("Div", [all, sizes], `${output}.means`);
    return graph.node("Transpose", [means], output, { attributes: { perm: { ints: [1, 2, 0, 3] } } });
  };
  return {
    read(residual) {
      const at = `capture.${sums.length}`;
      const stored = graph.node("Gather", [residual, tokens], `${at}.stored`); // [readers, pool_width, hidden]
      const read = type === "float32" ? stored : graph.cast(stored, "float32", `${at}.read`);
      sums.push(graph.node("MatMul", [counts, read], `${at}.sum`));
      const squares = graph.node("Mul", [read, read], `${at}.squares`);
      const totals = graph.node("ReduceSum", [squares, graph.integers([2])], `${at}.totals`); // [readers, pool_width, 1]
      norms.push(addNormSum(context, counts, graph.node("Sqrt", [totals], `${at}.lengths`), `${at}.norm`));
    },
    finish() {
      collect(sums, IO.poolMeans);
      graph.output(IO.poolMeans, "float32", ["readers", "pools", sums.length, shape.hiddenSize]);
      const columns = collect(norms, `${IO.poolNorms}.columns`);
      graph.node("Squeeze", [columns, graph.integers([3])], IO.poolNorms);
      graph.output(IO.poolNorms, "float32", ["readers", "pools", norms.length]);
    },
  };
}

/** Sums of a pool's lengths [readers, pool_width, 1]: [1, readers, pools, 1]. */
function addNormSum({ graph, type }: BlockContext, counts: Value, lengths: Value, output: string): Value {
  // A product's sums do not depend on how far a row is padded, to the bit.
  if (type === "float32") return graph.node("MatMul", [counts, lengths], output);
  // A product would round the lengths to TF32.
  const rows = graph.node("Transpose", [lengths], `${output}.rows`, { attributes: { perm: { ints: [0, 2, 1] } } });
  const counted = graph.node("Mul", [counts, rows], `${output}.counted`); // [1, readers, pools, pool_width]
  return graph.node("ReduceSum", [counted, graph.integers([3])], output);
}
