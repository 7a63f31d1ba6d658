import type { BlockContext } from "../architectures/types.ts";
import type { GraphBuilder, GraphOutput, Value } from "../onnx/graph-builder.ts";
import type { ElementType } from "../onnx/proto.ts";
import { IO } from "./io.ts";

/** Called with the residual stream [tokens, hidden] after every layer in turn, then finished. */
export interface CaptureGraph {
  read(residual: Value): void;
  finish(): readonly GraphOutput[];
}

/**
 * Pools residual streams in the graph, in fp32, so that nothing of size [tokens, hidden] leaves it. Counts are whole
 * numbers, exact in every type that a device may multiply in (TF32 has 10 bits); sums are divided afterwards.
 *
 * ONNX Runtime works a graph off depth first: from the output whose node was added last, and there from the input whose
 * node was added last. So capture is what a graph ends with, means and norms have one origin, and the first layer is
 * added last: every layer is pooled before the next one is computed, and its residual stream let go. Otherwise all of
 * them would be held to the end of the pass: [layers, tokens, hidden].
 */
export function addCapture(context: BlockContext): CaptureGraph {
  const { graph, shape } = context;
  const tokens = graph.input(IO.poolTokens, "int32", ["readers", "pool_width"]);
  // The leading 1 becomes the layers' axis.
  const counts = graph.input(IO.poolCounts, "float32", [1, "readers", "pools", "pool_width"]);
  const sizes = graph.input(IO.poolSizes, "float32", [1, "readers", "pools", 1]);
  const residuals: Value[] = [];
  return {
    read: (residual) => void residuals.push(residual),
    finish() {
      const layers: Value[] = [];
      for (const [layer, residual] of [...residuals.entries()].toReversed()) {
        layers.unshift(addPools(context, residual, tokens, counts, `capture.${layer}`));
      }
      const all = graph.node("Concat", layers, "capture.layers", { attributes: { axis: { int: 0 } } });
      const means = graph.node("Div", [all, sizes], "capture.means");
      // The layers' axis goes behind the pools'.
      const pooled = graph.node("Transpose", [means], "capture.pools", {
        attributes: { perm: { ints: [1, 2, 0, 3] } },
      });
      const columns = `${IO.poolNorms}.columns`;
      const widths = graph.integers([shape.hiddenSize, 1]);
      graph.nodes("Split", [pooled, widths], [IO.poolMeans, columns], { attributes: { axis: { int: 3 } } });
      graph.node("Squeeze", [columns, graph.integers([3])], IO.poolNorms);
      const pooledShape = ["readers", "pools", layers.length];
      return [
        { value: IO.poolMeans, name: IO.poolMeans, type: "float32", shape: [...pooledShape, shape.hiddenSize] },
        { value: IO.poolNorms, name: IO.poolNorms, type: "float32", shape: pooledShape },
      ];
    },
  };
}

/** Sums of a layer's residual stream, and of its L2 norms: [1, readers, pools, hidden + 1]. */
function addPools({ graph, type }: BlockContext, residual: Value, tokens: Value, counts: Value, output: string): Value {
  const stored = graph.node("Gather", [residual, tokens], `${output}.stored`); // [readers, pool_width, hidden]
  const read = type === "float32" ? stored : graph.cast(stored, "float32", `${output}.read`);
  const sums = graph.node("MatMul", [counts, read], `${output}.sums`);
  const squares = graph.node("Mul", [read, read], `${output}.squares`);
  const totals = graph.node("ReduceSum", [squares, graph.integers([2])], `${output}.totals`); // [readers, pool_width, 1]
  const lengths = graph.node("Sqrt", [totals], `${output}.lengths`);
  const norms = addNormSums(graph, type, counts, lengths, `${output}.norms`);
  return graph.node("Concat", [sums, norms], output, { attributes: { axis: { int: 3 } } });
}

/** Sums of a pool's lengths [readers, pool_width, 1]: [1, readers, pools, 1]. */
function addNormSums(graph: GraphBuilder, type: ElementType, counts: Value, lengths: Value, output: string): Value {
  // A product's sums do not depend on how far a row is padded, to the bit.
  if (type === "float32") return graph.node("MatMul", [counts, lengths], output);
  // A product would round the lengths to TF32.
  const rows = graph.node("Transpose", [lengths], `${output}.rows`, { attributes: { perm: { ints: [0, 2, 1] } } });
  const counted = graph.node("Mul", [counts, rows], `${output}.counted`); // [1, readers, pools, pool_width]
  return graph.node("ReduceSum", [counted, graph.integers([3])], output);
}
