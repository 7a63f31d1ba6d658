import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, TypedValue, Value } from "../onnx/graph-builder.ts";
import type { Attribute } from "../onnx/proto.ts";
import { pagedAttention } from "./paged-attention.ts";

/** Names of the inputs that decoding in groups adds. What changes from step to step has an axis of steps. */
export const GROUPED = {
  /** bool[]: whether rows attend in groups. */
  inGroups: "in_groups",
  /** i32[rows + 1], i32[rows, n]: as without groups, with groups of tokens. */
  rowStarts: "group_row_starts",
  blockTable: "group_block_table",
  /** i32[steps, rows] */
  past: "group_past",
  /** i64[steps, rows · group · 3, 1]: of queries, keys and values. */
  positions: "group_positions",
  /** i32[steps, rows · group]: where in the cache the keys and values of the new tokens go, −1 for nowhere. */
  slots: "group_slots",
  /**
   * i32[rows · group · 3, kvHeads, 1]: each group token's queries, then its keys, then its values, as rows of
   * [rows · (heads + 2 · kvHeads), headDim].
   */
  order: "group_order",
  /** i32[rows, heads]: the way back, from [rows · group · kvHeads, headDim] to the order of a token's heads. */
  back: "group_back",
} as const;

/** The inputs of one step. */
export interface Groups {
  readonly rowStarts: Value;
  readonly blockTable: Value;
  readonly past: Value;
  readonly positions: Value;
  readonly slots: Value;
  readonly order: Value;
  readonly back: Value;
}

/** Declares the inputs, and names what a step reads of those with an axis of steps. */
export function groupInputs(
  graph: GraphBuilder,
  { heads, kvHeads }: DecoderShape,
): {
  readonly inGroups: Value;
  readonly ofStep: Groups;
  readonly lists: readonly (TypedValue & { readonly from: Value })[];
} {
  const tokens = "group_tokens";
  const lists = [
    { name: "step.group_past", type: "int32", shape: ["rows"], from: GROUPED.past },
    { name: "step.positions", type: "int64", shape: ["group_vectors", 1], from: GROUPED.positions },
    { name: "step.slots", type: "int32", shape: [tokens], from: GROUPED.slots },
  ] as const;
  for (const { from, type, shape } of lists) graph.input(from, type, ["steps", ...shape]);
  const [past, positions, slots] = lists;
  return {
    inGroups: graph.input(GROUPED.inGroups, "bool", []),
    ofStep: {
      rowStarts: graph.input(GROUPED.rowStarts, "int32", ["rows_and_one"]),
      blockTable: graph.input(GROUPED.blockTable, "int32", ["rows", "group_blocks"]),
      past: past.name,
      positions: positions.name,
      slots: slots.name,
      order: graph.input(GROUPED.order, "int32", ["group_vectors", kvHeads, 1]),
      back: graph.input(GROUPED.back, "int32", ["rows", heads]),
    },
    lists,
  };
}

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
 * Queries and keys are rotated before the kernel, which would give the tokens of a group positions one after the other;
 * values with them, by no angle at all: so all three are put in order by one node and rotated by one.
 */
export function groupedAttention(
  graph: GraphBuilder,
  { heads, kvHeads, headDim }: DecoderShape,
  { rotary }: { readonly rotary: readonly Value[] },
  { rowStarts, blockTable, past, positions, slots, order, back }: Groups,
): Attend {
  const reshaped = (value: Value, shapeOf: readonly number[], output: string): Value =>
    graph.node("Reshape", [value, graph.integers(shapeOf)], output);

  return (packed, caches, attributes, output) => {
    // A group is as many new tokens as any row has; how long rows are, the blocks tell.
    const bounds = graph.integers([heads / kvHeads, 0], "int32");
    const perHead = reshaped(packed, [-1, headDim], `${output}.per_head`);
    const ordered = graph.node("Gather", [perHead, order], `${output}.ordered`); // [group vectors, kvHeads, 1, headDim]
    const rotated = graph.node("RotaryEmbedding", [ordered, positions, ...rotary], `${output}.rotated`, {
      domain: "com.microsoft",
    });
    const attended = pagedAttention(
      graph,
      [reshaped(rotated, [-1, 3 * kvHeads * headDim], `${output}.in_groups`), "", ""],
      { rowStarts, blockTable, past, caches, bounds, rotary: [], slots },
      { ...attributes, num_heads: { int: kvHeads }, kv_num_heads: { int: kvHeads }, is_causal: { int: 0 } },
      `${output}.attended`,
    );
    const inHeads = graph.node(
      "Gather",
      [reshaped(attended, [-1, headDim], `${output}.groups`), back],
      `${output}.heads`,
    );
    return reshaped(inHeads, [-1, heads * headDim], output);
  };
}
