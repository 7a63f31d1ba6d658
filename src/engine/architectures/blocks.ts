import type { Value } from "../onnx/graph-builder.ts";
import type { BlockContext, Stream } from "./types.ts";

/** Parts that families share. Every function adds nodes to the context's graph; values are [tokens, features]. */

/** x · weightᵀ, the weight [out, in] as it lies in the file. */
export function linear(context: BlockContext, input: Value, weight: string, output: string): Value {
  return context.graph.node("Gemm", [input, context.weight(weight)], output, { attributes: { transB: { int: 1 } } });
}

/** Sums the stream and normalizes the sum by its root mean square (Zhang & Sennrich 2019). */
export function addNorm(
  context: BlockContext,
  stream: Stream,
  weight: string,
  output: string,
): { readonly normed: Value; readonly sum: Value } {
  const { graph, shape } = context;
  const epsilon = { float: shape.epsilon };
  if (stream.delta === undefined) {
    const attributes = { epsilon, axis: { int: -1 } };
    graph.node("SimplifiedLayerNormalization", [stream.sum, context.weight(weight)], output, { attributes });
    return { normed: output, sum: stream.sum };
  }
  const sum = `${output}.sum`;
  graph.nodes(
    "SkipSimplifiedLayerNormalization",
    [stream.sum, stream.delta, context.weight(weight)],
    [output, "", "", sum],
    { attributes: { epsilon }, domain: "com.microsoft" },
  );
  return { normed: output, sum };
}

/** silu(x · gateᵀ) ⊙ (x · upᵀ) · downᵀ (Shazeer 2020, SwiGLU). */
export function gatedMlp(context: BlockContext, input: Value, prefix: string): Value {
  const { graph } = context;
  const gate = linear(context, input, `${prefix}.gate_proj.weight`, `${prefix}.gate`);
  const up = linear(context, input, `${prefix}.up_proj.weight`, `${prefix}.up`);
  const silu = graph.node("QuickGelu", [gate], `${prefix}.silu`, {
    attributes: { alpha: { float: 1 } },
    domain: "com.microsoft",
  });
  const gated = graph.node("Mul", [silu, up], `${prefix}.gated`);
  return linear(context, gated, `${prefix}.down_proj.weight`, `${prefix}.out`);
}

/** Attention over the row's past, with rotary positions: queries, keys and values from `input`, then the output matrix. */
export function selfAttention(context: BlockContext, layer: number, input: Value, prefix: string): Value {
  const query = linear(context, input, `${prefix}.q_proj.weight`, `${prefix}.q`);
  const key = linear(context, input, `${prefix}.k_proj.weight`, `${prefix}.k`);
  const value = linear(context, input, `${prefix}.v_proj.weight`, `${prefix}.v`);
  const mixed = context.attention.attend(layer, query, key, value);
  return linear(context, mixed, `${prefix}.o_proj.weight`, `${prefix}.out`);
}
