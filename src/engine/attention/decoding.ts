import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import { groupedAttention, type Groups } from "./grouped.ts";
import { layerAttributes, type PagedParts } from "./paged.ts";
import { pagedAttention } from "./paged-attention.ts";
import type { AttentionCore, QueriesKeysValues } from "./types.ts";

/** How rows of one new token each attend: to the past that a step says, or in groups. */
export type Decoding = { readonly past: Value } | { readonly groups: Groups };

/**
 * The core of rows that are given one new token each, `tokenIds`, in a graph that repeats itself.
 *
 * `added`: what every layer adds to the tokens, [tokens or 1, hidden] each.
 */
export function decodingCore(
  graph: GraphBuilder,
  shape: DecoderShape,
  parts: PagedParts,
  { tokenIds, decoding, added }: { tokenIds: Value; decoding: Decoding; added: readonly Value[] },
): AttentionCore {
  const grouped = "groups" in decoding ? groupedAttention(graph, shape, parts, decoding.groups) : undefined;
  const counts = { num_heads: { int: shape.heads }, kv_num_heads: { int: shape.kvHeads } };
  return {
    tokenIds,
    attend(layer, input) {
      const output = `attention.${layer}`;
      const attributes = layerAttributes(shape, layer);
      const caches = parts.caches[layer]!;
      if (grouped !== undefined) return grouped(sideBySide(graph, input, output), caches, attributes, output);
      const past = "past" in decoding ? decoding.past : "";
      // One new token a row; how long rows are, the blocks tell.
      const bounds = graph.integers([1, 0], "int32");
      const given = "packed" in input ? [input.packed, "", ""] : [input.queries, input.keys, input.values];
      const inputs = { ...parts, past, caches, bounds };
      return pagedAttention(graph, given, inputs, { ...attributes, ...counts }, output);
    },
    addEntry: (layer, tokens, output) => graph.node("Add", [tokens, added[layer]!], output),
    finish: () => {},
  };
}

function sideBySide(graph: GraphBuilder, input: QueriesKeysValues, output: string): Value {
  if ("packed" in input) return input.packed;
  const { queries, keys, values } = input;
  return graph.node("Concat", [queries, keys, values], `${output}.packed`, { attributes: { axis: { int: 1 } } });
}
