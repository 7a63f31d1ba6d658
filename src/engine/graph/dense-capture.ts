import type { BlockContext } from "../architectures/types.ts";
import type { TypedValue, Value } from "../onnx/graph-builder.ts";
import type { CaptureGraph } from "./capture.ts";
import { IO, type Named } from "./io.ts";

/** Names of the inputs that a capture over all tokens of a pass adds. */
export const DENSE = {
  /** bool[]: whether this pass captures. */
  capturing: "capturing",
  /** f32[rows · pools, tokens]: how often each token is in each pool. */
  counts: "dense_pool_counts",
  /** f32[1, rows · pools, 1]: the sum of these counts. */
  sizes: "dense_pool_sizes",
} as const;

/**
 * Pools residual streams by one product over all tokens of a pass, where there is one that reads half precision and
 * returns fp32 (CUDA's GemmFloat8, in spite of its name): counts and residuals are exact in it, sums are in fp32, and
 * nothing is cast. Norms come from what RMSNorm divides by. The first layer is added last: see addCapture.
 */
export function addDenseCapture({ graph, shape, type }: BlockContext, named: Named): CaptureGraph {
  const { hiddenSize } = shape;
  const capturing = graph.input(DENSE.capturing, "bool", []);
  const counts = graph.input(DENSE.counts, "float32", ["pools", "tokens"]);
  const sizes = graph.input(DENSE.sizes, "float32", [1, "pools", 1]);
  const halfCounts = graph.cast(counts, type, "dense_pool_counts.half");
  const ones = graph.cast(graph.floats("ones.wide", [hiddenSize], new Float32Array(hiddenSize).fill(1)), type, "ones");
  const [layer, row] = [graph.integers([0]), graph.integers([1, -1])];
  const residuals: Value[] = [];

  const pool = (residual: Value, at: string): Value[] => {
    const sum = graph.node("GemmFloat8", [halfCounts, residual], `${at}.sum`, { domain: "com.microsoft" });
    const outputs = [`${at}.normed`, `${at}.reciprocals`]; // [tokens, hidden], 1 / root mean square: [tokens, 1]
    const attributes = { axis: { int: -1 }, epsilon: { float: 1e-30 } };
    graph.nodes("SimplifiedLayerNormalization", [residual, ones], outputs, { attributes });
    const lengths = graph.node("Div", [graph.number(Math.sqrt(hiddenSize)), outputs[1]!], `${at}.lengths`);
    const counted = graph.node("Mul", [counts, graph.node("Reshape", [lengths, row], `${at}.row`)], `${at}.counted`);
    const norm = graph.node("ReduceSum", [counted, graph.integers([1])], `${at}.norm`); // [pools, 1]
    return [sum, norm].map((value) => graph.node("Unsqueeze", [value, layer], `${value}.layer`));
  };

  /** Sums and norms of one layer, or nothing. */
  const choose = (residual: Value, at: string): void => {
    const outputs: readonly TypedValue[] = [
      { name: `${at}.sums`, type: "float32", shape: [1, "pools", hiddenSize] },
      { name: `${at}.norms`, type: "float32", shape: [1, "pools", 1] },
    ];
    graph.choose(
      capturing,
      () => pool(residual, at).map((value, index) => ({ ...outputs[index]!, value })),
      () => outputs.map((output) => graph.nothing(output)),
    );
  };

  return {
    read: (residual) => void residuals.push(residual),
    finish() {
      for (const [index, residual] of [...residuals.entries()].toReversed()) choose(residual, `capture.${index}`);
      const layersOf = (part: string): Value[] => residuals.map((_, index) => `capture.${index}.${part}`);
      const collect = (layers: readonly Value[], output: string): Value => {
        const all = graph.node("Concat", layers, `${output}.layers`, { attributes: { axis: { int: 0 } } });
        const means = graph.node("Div", [all, sizes], `${output}.means`); // [layers, pools, n]
        return graph.node("Transpose", [means], output, { attributes: { perm: { ints: [1, 0, 2] } } });
      };
      const means = collect(layersOf("sums"), named(IO.poolMeans));
      const norms = collect(layersOf("norms"), named(IO.poolNorms));
      return [
        { value: means, name: IO.poolMeans, type: "float32", shape: ["pools", residuals.length, hiddenSize] },
        { value: norms, name: IO.poolNorms, type: "float32", shape: ["pools", residuals.length, 1] },
      ];
    },
  };
}
