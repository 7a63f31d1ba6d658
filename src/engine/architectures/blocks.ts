import type { Value } from "../onnx/graph-builder.ts";
import type { BlockContext, Stream } from "./types.ts";

/** Parts that families share. Every function adds nodes to the context's graph; values are [tokens, features]. */

/** x · weightᵀ, the weight [out, in] as it lies in the file. */
export function linear(context: BlockContext, input: Value, weight: Value, output: string): Value {
  return context.graph.node("Gemm", [input, weight], output, { attributes: { transB: { int: 1 } } });
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
  const gate = linear(context, input, context.weight(`${prefix}.gate_proj.weight`), `${prefix}.gate`);
  const up = linear(context, input, context.weight(`${prefix}.up_proj.weight`), `${prefix}.up`);
  const silu = graph.node("QuickGelu", [gate], `${prefix}.silu`, {
    attributes: { alpha: { float: 1 } },
    domain: "com.microsoft",
  });
  const gated = graph.node("Mul", [silu, up], `${prefix}.gated`);
  return linear(context, gated, context.weight(`${prefix}.down_proj.weight`), `${prefix}.out`);
}

/** Attention over the row's past, with rotary positions: queries, keys and values from `input`, then the output matrix. */
export function selfAttention(context: BlockContext, layer: number, input: Value, prefix: string): Value {
  const names = ["q", "k", "v"].map((part) => `${prefix}.${part}_proj.weight`);
  const packed = linear(context, input, stacked(context, names, `${prefix}.qkv_proj`), `${prefix}.qkv`);
  return linear(
    context,
    context.attention.attend(layer, packed),
    context.weight(`${prefix}.o_proj.weight`),
    `${prefix}.out`,
  );
}

/** Weights that read the same input, one under the other: one multiplication in place of several. Folded at load. */
function stacked(context: BlockContext, names: readonly string[], output: string): Value {
  const parts = names.map((name) => context.weight(name));
  return context.graph.node("Concat", parts, output, { attributes: { axis: { int: 0 } } });
}
