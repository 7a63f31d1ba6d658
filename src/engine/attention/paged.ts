import { relative } from "node:path";
import { ropeTables } from "../architectures/rope.ts";
import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { ElementType } from "../onnx/proto.ts";
import { GROUPED, groupedAttention } from "./grouped.ts";
import { pagedAttention } from "./paged-attention.ts";
import type { AttentionCore, QueriesKeysValues, RowEntries } from "./types.ts";

/** Names of the graph's inputs that this core adds. */
export const PAGED = {
  /** i32[tokens]: the rows' new tokens, one row after the other, no padding. */
  ids: "ids",
  /** i32[rows + 1]: where each row begins among the tokens, and where the last one ends. */
  rowStarts: "row_starts",
  /** i32[rows]: tokens of each row that the cache holds already. */
  past: "past",
  /** i32[rows, n]: the blocks that hold the row's tokens, in order. */
  blockTable: "block_table",
  /** i32[2]: most new tokens of a row, most tokens of a row with its past. Without it, every layer would wait for the device. */
  bounds: "bounds",
  /** i32[tokens]: each token's row; or i32[1] of 0: nothing is added to any row but that entry. */
  tokenRows: "token_rows",
} as const;

/** Where keys and values of all layers lie: in initializers that the kernel writes to. */
export interface PagedCache {
  readonly blocks: number;
  readonly blockTokens: number;
  /** A file of zeros of at least `cacheTensorBytes`: what each of the initializers starts as. */
  readonly zerosPath: string;
}

/** Tokens in a block: the least that the flash kernel takes for heads of this size. */
export function blockTokensOf(headDim: number): number {
  if (headDim <= 64) return 256;
  return headDim <= 128 ? 128 : 64;
}

/** Bytes of one layer's keys (or values), in half precision. */
export function cacheTensorBytes({ kvHeads, headDim }: DecoderShape, blocks: number, blockTokens: number): number {
  return blocks * blockTokens * kvHeads * headDim * 2;
}

/**
 * ONNX Runtime's PagedAttention; the GPUs' core. Keys and values are the graph's own initializers, and the outputs that
 * would return them are left out: the kernel then writes in place, so that the cache stays on the device from one run to
 * the next, although the Node binding can hold nothing there. (Kwon et al. 2023)
 *
 * `cuda`: with what decodes faster there (grouped.ts), which WebGPU's kernel cannot.
 */
export function pagedCore(
  graph: GraphBuilder,
  shape: DecoderShape,
  steering: RowEntries,
  options: { readonly type: ElementType; readonly cache: PagedCache; readonly cuda: boolean },
  externalRoot: string,
): AttentionCore {
  const { heads, kvHeads, headDim, maxPositions } = shape;
  const { type, cache, cuda } = options;
  const ids = graph.input(PAGED.ids, "int32", ["tokens"]);
  const rows = {
    rowStarts: graph.input(PAGED.rowStarts, "int32", ["rows_and_one"]),
    past: graph.input(PAGED.past, "int32", ["rows"]),
    blockTable: graph.input(PAGED.blockTable, "int32", ["rows", "row_blocks"]),
    bounds: graph.input(PAGED.bounds, "int32", [2]),
  };
  const tokenRows = graph.input(PAGED.tokenRows, "int32", ["steered_tokens"]);
  const tables = ropeTables(shape.ropeFrequencies, maxPositions);
  // The kernel knows no fp32.
  const half = type === "float32" ? "float16" : type;
  const toType = (value: Value, wanted: ElementType): Value =>
    half === type ? value : graph.cast(value, wanted, `${value}.${wanted}`);
  const table = (name: string, data: Float32Array): Value =>
    graph.cast(graph.floats(`${name}.wide`, [maxPositions, headDim / 2], data), half, name);
  const rotary = [table("rope.cos", tables.cos), table("rope.sin", tables.sin)];
  const place = {
    location: relative(externalRoot, cache.zerosPath),
    offset: 0,
    length: cacheTensorBytes(shape, cache.blocks, cache.blockTokens),
  };
  const cacheShape = [cache.blocks, cache.blockTokens, kvHeads, headDim];
  const columns = { attributes: { axis: { int: 1 } } };
  const tokenEntries = graph.node("Gather", [steering.entries, tokenRows], "token_entries", columns); // [layers, tokens]
  const groups = cuda
    ? {
        chosen: graph.input(GROUPED.inGroups, "bool", []),
        ungrouped: graph.input(GROUPED.ungrouped, "int32", ["tokens"]),
        attend: groupedAttention(graph, shape, rotary),
      }
    : undefined;

  return {
    tokenIds: ids,
    attend(layer, input) {
      const output = `attention.${layer}`;
      const caches = ["keys", "values"].map((part) => graph.external(`${part}.${layer}`, half, cacheShape, place));
      const attributes = {
        scale: { float: shape.attentionScale },
        softcap: { float: shape.attentionSoftcap ?? 0 },
        local_window_size: { int: shape.windows[layer] ?? -1 },
      };
      const given = "packed" in input ? [input.packed, "", ""] : [input.queries, input.keys, input.values];
      const read = given.map((value) => (value === "" ? "" : toType(value, half)));
      const counts = { num_heads: { int: heads }, kv_num_heads: { int: kvHeads } };
      const inputs = { ...rows, caches, rotary, ...(groups === undefined ? {} : { slots: groups.ungrouped }) };
      const name = groups === undefined ? output : `${output}.ungrouped`;
      const ungrouped = pagedAttention(graph, read, inputs, { ...attributes, ...counts }, name);
      if (groups === undefined) return toType(ungrouped, type);
      const packed = "packed" in input ? input.packed : sideBySide(graph, input, output);
      graph.choose(
        groups.chosen,
        () => [groups.attend(packed, caches, attributes, `${output}.grouped`)],
        () => [graph.node("Identity", [ungrouped], `${output}.kept`)],
        [{ name: output, type, shape: ["tokens", heads * headDim] }],
      );
      return output;
    },
    addEntry(layer, tokens, output) {
      const entries = graph.node("Gather", [tokenEntries, graph.integers(layer)], `${output}.entries`);
      const added = graph.node("Gather", [steering.table, entries], `${output}.added`); // [tokens or 1, hidden]
      return graph.node("Add", [tokens, added], output);
    },
    finish: () => {},
  };
}

function sideBySide(
  graph: GraphBuilder,
  { queries, keys, values }: Exclude<QueriesKeysValues, { readonly packed: Value }>,
  output: string,
): Value {
  return graph.node("Concat", [queries, keys, values], `${output}.packed`, { attributes: { axis: { int: 1 } } });
}
