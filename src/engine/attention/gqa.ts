import { ropeTables } from "../architectures/rope.ts";
import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { AttentionCore } from "./types.ts";

/** Names of the graph's inputs and outputs that this core adds. */
export const GQA = {
  /** i64[rows, width]: right-padded. */
  ids: "ids",
  /** i32[rows]: index of each row's last token, past included. */
  lastIndex: "last_index",
  /** i32: past + new tokens of the longest row. */
  totalLength: "total_length",
  pastKey: (layer: number): string => `past_key.${layer}`,
  pastValue: (layer: number): string => `past_value.${layer}`,
  presentKey: (layer: number): string => `present_key.${layer}`,
  presentValue: (layer: number): string => `present_value.${layer}`,
} as const;

/**
 * ONNX Runtime's GroupQueryAttention over rows padded to the right; the CPU's core. The caches are
 * [rows, kvHeads, capacity, headDim], and when a present is fetched into the past's own memory it grows in place.
 */
export function gqaCore(graph: GraphBuilder, shape: DecoderShape): AttentionCore {
  const { heads, kvHeads, headDim, hiddenSize } = shape;
  const ids = graph.input(GQA.ids, "int64", ["rows", "width"]);
  const lastIndex = graph.input(GQA.lastIndex, "int32", ["rows"]);
  const totalLength = graph.input(GQA.totalLength, "int32", []);
  const tables = ropeTables(shape.ropeFrequencies, shape.maxPositions);
  const cos = graph.floats("rope.cos", [shape.maxPositions, headDim / 2], tables.cos);
  const sin = graph.floats("rope.sin", [shape.maxPositions, headDim / 2], tables.sin);
  const rowsAndWidth = graph.node("Shape", [ids], "rows_and_width");
  const rowsWidthRest = graph.node("Concat", [rowsAndWidth, graph.integers([-1])], "rows_width_rest", {
    attributes: { axis: { int: 0 } },
  });
  const padded = (value: Value): Value => graph.node("Reshape", [value, rowsWidthRest], `${value}.padded`);
  const flat = (value: Value, features: number, output: string): Value =>
    graph.node("Reshape", [value, graph.integers([-1, features])], output);

  return {
    tokenIds: graph.node("Reshape", [ids, graph.integers([-1])], "token_ids"),
    attend(layer, query, key, value) {
      const past = [GQA.pastKey(layer), GQA.pastValue(layer)];
      const present = [GQA.presentKey(layer), GQA.presentValue(layer)];
      for (const name of past) graph.input(name, "float32", ["rows", kvHeads, "capacity", headDim]);
      const mixed = `attention.${layer}`;
      graph.nodes(
        "GroupQueryAttention",
        [padded(query), padded(key), padded(value), ...past, lastIndex, totalLength, cos, sin],
        [mixed, ...present],
        {
          attributes: { num_heads: { int: heads }, kv_num_heads: { int: kvHeads }, do_rotary: { int: 1 } },
          domain: "com.microsoft",
        },
      );
      for (const name of present) graph.output(name, "float32", ["rows", kvHeads, "new_capacity", headDim]);
      return flat(mixed, heads * headDim, `${mixed}.flat`);
    },
    addPerRow(tokens, rows, output) {
      const perRow = graph.node("Unsqueeze", [rows, graph.integers([1])], `${output}.rows`);
      const sum = graph.node("Add", [padded(tokens), perRow], `${output}.padded`);
      return flat(sum, hiddenSize, output);
    },
  };
}
