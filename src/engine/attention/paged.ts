import { relative } from "node:path";
import { ropeTables } from "../architectures/rope.ts";
import type { DecoderShape } from "../architectures/types.ts";
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { Attribute, ElementType } from "../onnx/proto.ts";
import { pagedAttention } from "./paged-attention.ts";
import type { AttentionCore, RowEntries } from "./types.ts";

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

/** What every way of attending to the cache shares. */
export interface PagedParts {
  readonly ids: Value;
  readonly rowStarts: Value;
  readonly past: Value;
  readonly blockTable: Value;
  readonly bounds: Value;
  /** What the kernel computes in. */
  readonly half: ElementType;
  /** Cosines and sines, [maxPositions, headDim / 2] each. */
  readonly rotary: readonly Value[];
  /** A layer's keys and values, [blocks, blockTokens, kvHeads, headDim] each. */
  readonly caches: readonly (readonly Value[])[];
  /** [layers, tokens or 1]: the entry that is added to each token. */
  readonly tokenEntries: Value;
}

/**
 * Keys and values are the graph's own initializers, and PagedAttention's outputs that would return them are left out: the
 * kernel then writes in place, so that the cache stays on the device from one run to the next, although the Node binding
 * can hold nothing there.
 */
export function pagedParts(
  graph: GraphBuilder,
  shape: DecoderShape,
  steering: RowEntries,
  { type, cache }: { readonly type: ElementType; readonly cache: PagedCache },
  externalRoot: string,
): PagedParts {
  const { kvHeads, headDim, maxPositions } = shape;
  // The kernel knows no fp32.
  const half = type === "float32" ? "float16" : type;
  const tables = ropeTables(shape.ropeFrequencies, maxPositions);
  const table = (name: string, data: Float32Array): Value =>
    graph.cast(graph.floats(`${name}.wide`, [maxPositions, headDim / 2], data), half, name);
  const place = {
    location: relative(externalRoot, cache.zerosPath),
    offset: 0,
    length: cacheTensorBytes(shape, cache.blocks, cache.blockTokens),
  };
  const cacheShape = [cache.blocks, cache.blockTokens, kvHeads, headDim];
  const tokenRows = graph.input(PAGED.tokenRows, "int32", ["steered_tokens"]);
  return {
    ids: graph.input(PAGED.ids, "int32", ["tokens"]),
    rowStarts: graph.input(PAGED.rowStarts, "int32", ["rows_and_one"]),
    past: graph.input(PAGED.past, "int32", ["rows"]),
    blockTable: graph.input(PAGED.blockTable, "int32", ["rows", "row_blocks"]),
    bounds: graph.input(PAGED.bounds, "int32", [2]),
    half,
    rotary: [table("rope.cos", tables.cos), table("rope.sin", tables.sin)],
    caches: Array.from({ length: shape.layers }, (_, layer) =>
      ["keys", "values"].map((part) => graph.external(`${part}.${layer}`, half, cacheShape, place)),
    ),
    tokenEntries: graph.node("Gather", [steering.entries, tokenRows], "token_entries", {
      attributes: { axis: { int: 1 } },
    }),
  };
}

/** What the kernel is told of a layer, however it is read. */
export function layerAttributes(shape: DecoderShape, layer: number): Readonly<Record<string, Attribute>> {
  return {
    scale: { float: shape.attentionScale },
    softcap: { float: shape.attentionSoftcap ?? 0 },
    local_window_size: { int: shape.windows[layer] ?? -1 },
  };
}

/** ONNX Runtime's PagedAttention (Kwon et al. 2023) over rows of any number of new tokens; the GPUs' core. */
export function pagedCore(
  graph: GraphBuilder,
  shape: DecoderShape,
  steering: RowEntries,
  parts: PagedParts,
  type: ElementType,
): AttentionCore {
  const { heads, kvHeads } = shape;
  const { half, caches } = parts;
  const toType = (value: Value, wanted: ElementType): Value =>
    half === type ? value : graph.cast(value, wanted, `${value}.${wanted}`);
  return {
    tokenIds: parts.ids,
    attend(layer, input) {
      const given = "packed" in input ? [input.packed, "", ""] : [input.queries, input.keys, input.values];
      const read = given.map((value) => (value === "" ? "" : toType(value, half)));
      const counts = { num_heads: { int: heads }, kv_num_heads: { int: kvHeads } };
      const attributes = { ...layerAttributes(shape, layer), ...counts };
      const inputs = { ...parts, caches: caches[layer]! };
      return toType(pagedAttention(graph, read, inputs, attributes, `attention.${layer}`), type);
    },
    addEntry(layer, tokens, output) {
      return graph.node("Add", [tokens, addedEntry(graph, steering, parts, layer, `${output}.added`)], output);
    },
    finish: () => {},
  };
}

/** [tokens or 1, hidden] */
export function addedEntry(
  graph: GraphBuilder,
  { table }: RowEntries,
  { tokenEntries }: PagedParts,
  layer: number,
  output: string,
): Value {
  const entries = graph.node("Gather", [tokenEntries, graph.integers(layer)], `${output}.entries`);
  return graph.node("Gather", [table, entries], output);
}
