import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { Attribute } from "../onnx/proto.ts";
import { pagedAttention } from "./paged-attention.ts";

/** Names of the inputs that decoding in groups adds. */
export const GROUPED = {
  /** bool[]: whether this pass attends in groups. If so, the other way is given a row without tokens. */
  inGroups: "in_groups",
  /** i32[tokens]: where in the cache each token's key and value go when the pass does not attend in groups, else −1. */
  ungrouped: "ungrouped_slots",
  /** i32[rows + 1], i32[rows], i32[rows, n]: as the other way's, with groups of tokens. */
  rowStarts: "group_row_starts",
  past: "group_past",
  blockTable: "group_block_table",
  /**
   * i32[tokens · heads], i32[tokens · group · kvHeads] twice: queries, keys and values of tokens, in the order of groups,
   * as rows of [tokens · (heads + 2 · kvHeads), headDim].
   */
  queries: "group_queries",
  keys: "group_keys",
  values: "group_values",
  /** i64[tokens · group, 1] */
  positions: "group_positions",
  /** i32[tokens · group]: where in the cache the keys and values of the new tokens go, −1 for nowhere. */
  slots: "group_slots",
  /** i32[tokens · heads]: the way back, from [group tokens · kvHeads, headDim] to the order of a token's heads. */
  back: "group_back",
} as const;

type Attend = (
  packed: Value,
  caches: readonly Value[],
  attributes: Readonly<Record<string, Attribute>>,
  output: string,
) => Value;

/**
 * Decoding with grouped queries (Ainslie et al. 2023) through a kernel that does not know groups: a new token has one
 * query for each head, and the flash kernel's tile holds 64 of one head. Where g query heads share a key head, the g
 * queries are given as g tokens of a model without groups, each of which sees the whole row (is_causal = 0), and only
 * the first stores its key and value. The same numbers to the bit, and 152 → 49 µs a layer for 220 rows on an H100.
 *
 * Queries and keys are rotated before the kernel, which would give the tokens of a group positions one after the other.
 */
export function groupedAttention(graph: GraphBuilder, shape: DecoderShape, rotary: readonly Value[]): Attend {
  const { heads, kvHeads, headDim } = shape;
  const index = (name: string, size: string): Value => graph.input(name, "int32", [size]);
  const order = {
    queries: index(GROUPED.queries, "group_queries"),
    keys: index(GROUPED.keys, "group_keys"),
    values: index(GROUPED.values, "group_values"),
  };
  const rows = {
    rowStarts: index(GROUPED.rowStarts, "groups_and_one"),
    past: index(GROUPED.past, "groups"),
    blockTable: graph.input(GROUPED.blockTable, "int32", ["groups", "group_blocks"]),
  };
  const positions = graph.input(GROUPED.positions, "int64", ["group_tokens", 1]);
  const slots = index(GROUPED.slots, "group_tokens");
  const back = index(GROUPED.back, "group_queries");
  const reshaped = (value: Value, shapeOf: readonly number[], output: string): Value =>
    graph.node("Reshape", [value, graph.integers(shapeOf)], output);

  return (packed, caches, attributes, output) => {
    // A group is as many new tokens as any row has; how long rows are, the blocks tell.
    const bounds = graph.localIntegers(`${output}.bounds`, [heads / kvHeads, 0]);
    const perHead = reshaped(packed, [-1, headDim], `${output}.per_head`);
    const read = (part: keyof typeof order): Value => {
      const chosen = graph.node("Gather", [perHead, order[part]], `${output}.${part}`);
      return reshaped(chosen, [-1, 1, kvHeads * headDim], `${output}.${part}.tokens`); // [group tokens, 1, features]
    };
    const rotated = (part: "queries" | "keys"): Value =>
      graph.node("RotaryEmbedding", [read(part), positions, ...rotary], `${output}.${part}.rotated`, {
        attributes: { num_heads: { int: kvHeads } },
        domain: "com.microsoft",
      });
    const flat = (value: Value): Value => reshaped(value, [-1, kvHeads * headDim], `${value}.flat`);
    const attended = pagedAttention(
      graph,
      [flat(rotated("queries")), flat(rotated("keys")), flat(read("values"))],
      { ...rows, caches, bounds, rotary: [], slots },
      { ...attributes, num_heads: { int: kvHeads }, kv_num_heads: { int: kvHeads }, is_causal: { int: 0 } },
      `${output}.attended`,
    );
    const groups = reshaped(attended, [-1, headDim], `${output}.groups`);
    return reshaped(graph.node("Gather", [groups, back], `${output}.heads`), [-1, heads * headDim], output);
  };
}
