import { ropeTables } from "../architectures/rope.ts";
import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { AttentionCore, RowEntries } from "./types.ts";

/** Names of the graph's inputs and outputs that this core adds. */
export const GQA = {
  /** i32[rows, width]: right-padded. */
  ids: "ids",
  /** i32[rows]: index of each row's last token, past included. */
  lastIndex: "last_index",
  /** i32: past + new tokens of the longest row. */
  totalLength: "total_length",
  pastKey: (layer: number): string => `past_key.${layer}`,
  pastValue: (layer: number): string => `past_value.${layer}`,
  /** i64[rows, kvHeads, n, 1]: the positions whose keys and values are returned. */
  keepPositions: "keep_positions",
  /** f32[2 · layers · rows, kvHeads, n, headDim]: layer 0's keys, layer 0's values, layer 1's keys, … */
  kept: "kept",
} as const;

/**
 * ONNX Runtime's GroupQueryAttention over rows padded to the right; the CPU's core. Past keys and values are
 * [rows, kvHeads, capacity, headDim], and only the new ones leave the graph. Fetching the whole cache into the memory of
 * the past works too, but the Node binding copies every output into a new array: half of a decoding step's time.
 */
export function gqaCore(graph: GraphBuilder, shape: DecoderShape, steering: RowEntries): AttentionCore {
  const { heads, kvHeads, headDim, hiddenSize } = shape;
  const ids = graph.input(GQA.ids, "int32", ["rows", "width"]);
  const lastIndex = graph.input(GQA.lastIndex, "int32", ["rows"]);
  const totalLength = graph.input(GQA.totalLength, "int32", []);
  const keepPositions = graph.input(GQA.keepPositions, "int64", ["rows", kvHeads, "kept", 1]);
  const kept: Value[] = [];
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
    attend(layer, input) {
      const read = "packed" in input ? [input.packed, "", ""] : [input.queries, input.keys, input.values];
      const past = [GQA.pastKey(layer), GQA.pastValue(layer)];
      const present = [`present_key.${layer}`, `present_value.${layer}`];
      for (const name of past) graph.input(name, "float32", ["rows", kvHeads, "capacity", headDim]);
      const mixed = `attention.${layer}`;
      graph.nodes(
        "GroupQueryAttention",
        [...read.map((value) => value && padded(value)), ...past, lastIndex, totalLength, cos, sin],
        [mixed, ...present],
        {
          attributes: {
            num_heads: { int: heads },
            kv_num_heads: { int: kvHeads },
            do_rotary: { int: 1 },
            scale: { float: shape.attentionScale },
            softcap: { float: shape.attentionSoftcap ?? 0 },
            local_window_size: { int: shape.windows[layer] ?? -1 },
          },
          domain: "com.microsoft",
        },
      );
      for (const name of present) {
        const attributes = { batch_dims: { int: 2 } };
        kept.push(graph.node("GatherND", [name, keepPositions], `${name}.kept`, { attributes }));
      }
      return flat(mixed, heads * headDim, `${mixed}.flat`);
    },
    addEntry(layer, tokens, output) {
      const entries = graph.node("Gather", [steering.entries, graph.integers(layer)], `${output}.entries`);
      const rows = graph.node("Gather", [steering.table, entries], `${output}.rows`); // [rows, hidden]
      const perRow = graph.node("Unsqueeze", [rows, graph.integers([1])], `${output}.per_row`);
      const sum = graph.node("Add", [padded(tokens), perRow], `${output}.padded`);
      return flat(sum, hiddenSize, output);
    },
    finish() {
      graph.node("Concat", kept, GQA.kept, { attributes: { axis: { int: 0 } } });
      graph.output(GQA.kept, "float32", ["layers_and_rows", kvHeads, "kept", headDim]);
    },
  };
}
