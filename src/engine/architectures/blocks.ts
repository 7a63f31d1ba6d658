import type { Value } from "../onnx/graph-builder.ts";
import type { Architecture, BlockContext, Stream } from "./types.ts";

/** Parts that families share. Every function adds nodes to the context's graph; values are [tokens, features]. */

/** x · weightᵀ + bias, the weight [out, in] as it lies in the file. */
export function linear(context: BlockContext, input: Value, weight: Value, output: string, bias?: Value): Value {
  const inputs = bias === undefined ? [input, weight] : [input, weight, bias];
  return context.graph.node("Gemm", inputs, output, { attributes: { transB: { int: 1 } } });
}

/** Normalizes every row by its root mean square (Zhang & Sennrich 2019). */
export function norm(context: BlockContext, input: Value, weight: string, output: string): Value {
  const attributes = { epsilon: { float: context.shape.epsilon }, axis: { int: -1 } };
  return context.graph.node("SimplifiedLayerNormalization", [input, normWeight(context, weight)], output, {
    attributes,
  });
}

/** Sums the stream and normalizes the sum. */
export function addNorm(
  context: BlockContext,
  stream: Stream,
  weight: string,
  output: string,
): { readonly normed: Value; readonly sum: Value } {
  if (stream.delta === undefined) return { normed: norm(context, stream.sum, weight, output), sum: stream.sum };
  const { graph, shape } = context;
  const sum = `${output}.sum`;
  graph.nodes(
    "SkipSimplifiedLayerNormalization",
    [stream.sum, stream.delta, normWeight(context, weight)],
    [output, "", "", sum],
    { attributes: { epsilon: { float: shape.epsilon } }, domain: "com.microsoft" },
  );
  return { normed: output, sum };
}

/** The weight with the shape's offset, added in fp32: ONNX Runtime folds that at load, and has no such sum of bf16 on a CPU. */
function normWeight(context: BlockContext, name: string): Value {
  const { graph, shape, type } = context;
  if (shape.normOffset === 0) return context.weight(name);
  return context.fixed(`${name}.offset`, (output) => {
    const wide = graph.cast(context.weight(name), "float32", `${name}.wide`);
    return graph.cast(graph.node("Add", [wide, graph.number(shape.normOffset)], `${name}.sum`), type, output);
  });
}

export type Activation = (context: BlockContext, input: Value, output: string) => Value;

/**
 * x · sigmoid(x). ONNX Runtime's CUDA kernel computes in the type that it is given, and every step in bf16 rounds to 8 bits:
 * in fp16 the result is as near as rounded once. (An overflow of e^x there is a sigmoid of 0 or 1.)
 */
export const silu: Activation = ({ graph, type }, input, output) => {
  const attributes = { alpha: { float: 1 } };
  const domain = "com.microsoft";
  if (type !== "bfloat16") return graph.node("QuickGelu", [input], output, { attributes, domain });
  const fine = graph.cast(input, "float16", `${output}.input`);
  return graph.cast(graph.node("QuickGelu", [fine], `${output}.fine`, { attributes, domain }), type, output);
};

/** GELU by its tanh approximation (Hendrycks & Gimpel 2016). */
export const tanhGelu: Activation = ({ graph }, input, output) =>
  graph.node("FastGelu", [input], output, { domain: "com.microsoft" });

/** activation(x · gateᵀ) ⊙ (x · upᵀ) · downᵀ (Shazeer 2020). */
export function gatedMlp(context: BlockContext, input: Value, prefix: string, activation: Activation): Value {
  const gate = linear(context, input, context.weight(`${prefix}.gate_proj.weight`), `${prefix}.gate`);
  const up = linear(context, input, context.weight(`${prefix}.up_proj.weight`), `${prefix}.up`);
  const gated = context.graph.node("Mul", [activation(context, gate, `${prefix}.active`), up], `${prefix}.gated`);
  return linear(context, gated, context.weight(`${prefix}.down_proj.weight`), `${prefix}.out`);
}

/** Attention over the row's past, with rotary positions: queries, keys and values from `input`, then the output matrix. */
export type Attention = (context: BlockContext, layer: number, input: Value, prefix: string) => Value;

const PROJECTIONS = ["q_proj", "k_proj", "v_proj"] as const;

/** Queries, keys and values by one multiplication. */
export const selfAttention: Attention = (context, layer, input, prefix) => {
  const packed = linear(context, input, stacked(context, prefix, "weight"), `${prefix}.qkv`);
  return attentionOutput(context, context.attention.attend(layer, { packed }), prefix);
};

/** The same, where these three have a bias. */
export const biasedSelfAttention: Attention = (context, layer, input, prefix) => {
  const [weight, bias] = [stacked(context, prefix, "weight"), stacked(context, prefix, "bias")];
  const packed = linear(context, input, weight, `${prefix}.qkv`, bias);
  return attentionOutput(context, context.attention.attend(layer, { packed }), prefix);
};

/** Queries, keys and values each for itself, and each head's queries and keys normalized. */
export const headNormedSelfAttention: Attention = (context, layer, input, prefix) => {
  const { graph, shape } = context;
  const projected = (part: "q" | "k" | "v"): Value =>
    linear(context, input, context.weight(`${prefix}.${part}_proj.weight`), `${prefix}.${part}`);
  const normed = (part: "q" | "k", heads: number): Value => {
    const perHead = graph.integers([-1, shape.headDim]);
    const split = graph.node("Reshape", [projected(part), perHead], `${prefix}.${part}.heads`); // [tokens · heads, headDim]
    const output = norm(context, split, `${prefix}.${part}_norm.weight`, `${prefix}.${part}.normed`);
    return graph.node("Reshape", [output, graph.integers([-1, heads * shape.headDim])], `${prefix}.${part}.joined`);
  };
  const queries = normed("q", shape.heads);
  const keys = normed("k", shape.kvHeads);
  return attentionOutput(context, context.attention.attend(layer, { queries, keys, values: projected("v") }), prefix);
};

function attentionOutput(context: BlockContext, attended: Value, prefix: string): Value {
  return linear(context, attended, context.weight(`${prefix}.o_proj.weight`), `${prefix}.out`);
}

/** Weights that read the same input, one under the other: one multiplication in place of several. Folded at load. */
function stacked(context: BlockContext, prefix: string, part: "weight" | "bias"): Value {
  return context.fixed(`${prefix}.qkv_proj.${part}`, (output) => {
    const parts = PROJECTIONS.map((name) => context.weight(`${prefix}.${name}.${part}`));
    return context.graph.node("Concat", parts, output, { attributes: { axis: { int: 0 } } });
  });
}

/** Llama's block: a norm before attention, and one before the gated layer. */
export function preNormBlock(attention: Attention): Architecture["addBlock"] {
  return (context, layer, stream) => {
    const block = `model.layers.${layer}`;
    const first = addNorm(context, stream, `${block}.input_layernorm.weight`, `${block}.attention_input`);
    const attended = attention(context, layer, first.normed, `${block}.self_attn`);
    const middle: Stream = { sum: first.sum, delta: attended };
    const second = addNorm(context, middle, `${block}.post_attention_layernorm.weight`, `${block}.mlp_input`);
    const delta = gatedMlp(context, second.normed, `${block}.mlp`, silu);
    return { before: first.sum, after: { sum: second.sum, delta } };
  };
}
