import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { Attribute } from "../onnx/proto.ts";
import { pagedAttention, type PagedInputs } from "./paged-attention.ts";
import type { QueriesKeysValues } from "./types.ts";

/**
 * Names of the inputs that decoding in groups adds. A pass attends to its tokens in one of two ways. As they are: then
 * the second way is given no tokens. Or in groups: then the first way is given one row without tokens, and no slots.
 */
export const GROUPED = {
  /** i64[tokens, 1] */
  positions: "positions",
  /** i32[tokens]: where each token's key and value go in the cache, −1 for nowhere. */
  slots: "slots",
  /** i32[n · heads]: heads of tokens, as rows of [tokens · heads, headDim], in the order of the groups. */
  heads: "group_heads",
  /** i64[n · heads, 1]: the same, where the result goes. */
  headsBack: "group_heads_back",
  /** i32[n · group]: tokens, each as often as there are query heads on one key head. */
  tokens: "group_tokens",
  slotsOfGroups: "group_slots",
  rowStarts: "group_row_starts",
  past: "group_past",
  blockTable: "group_block_table",
  bounds: "group_bounds",
} as const;

type Attend = (
  layer: number,
  input: QueriesKeysValues,
  rows: PagedInputs,
  attributes: Readonly<Record<string, Attribute>>,
) => Value;

/**
 * Decoding with grouped queries (Ainslie et al. 2023) through a kernel that does not know groups: a new token has one
 * query for each head, and the flash kernel's tile holds 64 of one head. Where g query heads share a key head, the g
 * queries are given as g tokens of a model without groups, each of which sees the whole row (is_causal = 0), and only
 * the first stores its key and value. The same numbers to the bit, and 152 → 49 µs a layer for 220 rows on an H100.
 *
 * Queries and keys are rotated outside the kernel: tokens of a group have one position, and RotaryEmbedding need not
 * search for each token's row.
 */
export function groupedAttention(graph: GraphBuilder, shape: DecoderShape, rotary: readonly Value[]): Attend {
  const { heads, kvHeads, headDim } = shape;
  const index = (name: string, size: string): Value => graph.input(name, "int32", [size]);
  const positions = graph.input(GROUPED.positions, "int64", ["tokens", 1]);
  const slots = index(GROUPED.slots, "tokens");
  const groupHeads = index(GROUPED.heads, "group_heads");
  const headsBack = graph.input(GROUPED.headsBack, "int64", ["group_heads", 1]);
  const groupTokens = index(GROUPED.tokens, "group_tokens");
  const groups = {
    slots: index(GROUPED.slotsOfGroups, "group_tokens"),
    rowStarts: index(GROUPED.rowStarts, "groups_and_one"),
    past: index(GROUPED.past, "groups"),
    blockTable: graph.input(GROUPED.blockTable, "int32", ["groups", "group_blocks"]),
    bounds: graph.input(GROUPED.bounds, "int32", [2]),
  };
  const reshaped = (value: Value, shapeOf: readonly number[], output: string): Value =>
    graph.node("Reshape", [value, graph.integers(shapeOf)], output);
  const rotated = (value: Value, count: number): Value => {
    const each = reshaped(value, [-1, 1, count * headDim], `${value}.each`); // [tokens, 1, features]
    return graph.node("RotaryEmbedding", [each, positions, ...rotary], `${value}.rotated`, {
      attributes: { num_heads: { int: count } },
      domain: "com.microsoft",
    });
  };

  return (layer, input, rows, attributes) => {
    if ("packed" in input) throw new Error("Internal error: queries, keys and values are not each for itself");
    const at = `attention.${layer}`;
    const queries = rotated(input.queries, heads);
    const keys = reshaped(rotated(input.keys, kvHeads), [-1, kvHeads * headDim], `${at}.keys`);
    const asTheyAre = pagedAttention(
      graph,
      [reshaped(queries, [-1, heads * headDim], `${at}.queries`), keys, input.values],
      { ...rows, slots },
      { ...attributes, num_heads: { int: heads }, kv_num_heads: { int: kvHeads } },
      `${at}.as_they_are`,
    );
    const chosen = graph.node("Gather", [reshaped(queries, [-1, headDim], `${at}.heads`), groupHeads], `${at}.chosen`);
    const inGroups = pagedAttention(
      graph,
      [
        reshaped(chosen, [-1, kvHeads * headDim], `${at}.group_queries`),
        graph.node("Gather", [keys, groupTokens], `${at}.group_keys`),
        graph.node("Gather", [input.values, groupTokens], `${at}.group_values`),
      ],
      { ...rows, ...groups },
      { ...attributes, num_heads: { int: kvHeads }, kv_num_heads: { int: kvHeads }, is_causal: { int: 0 } },
      `${at}.in_groups`,
    );
    // Puts the groups' results in their places, in the memory of the other way's.
    const merged = graph.node(
      "ScatterND",
      [
        reshaped(asTheyAre, [-1, headDim], `${at}.as_they_are.heads`),
        headsBack,
        reshaped(inGroups, [-1, headDim], `${at}.in_groups.heads`),
      ],
      `${at}.merged`,
    );
    return reshaped(merged, [-1, heads * headDim], at);
  };
}
