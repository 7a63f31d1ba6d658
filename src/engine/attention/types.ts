import type { Value } from "../onnx/graph-builder.ts";

/** Before rotation: side by side, [tokens, (heads + 2 · kvHeads) · headDim], or each for itself. */
export type QueriesKeysValues =
  | { readonly packed: Value }
  | { readonly queries: Value; readonly keys: Value; readonly values: Value };

/** What may be added to the tokens of a row. */
export interface RowEntries {
  /** [entries, hidden], in the graph's type. */
  readonly table: Value;
  /** i32[layers, rows]: which entry. */
  readonly entries: Value;
}

/** How tokens are laid out in a forward pass and how they see their past. The rest of the graph knows [tokens, features]. */
export interface AttentionCore {
  /** Token ids: [tokens]. */
  readonly tokenIds: Value;
  /**
   * Rotary attention of every token over its own row's past, to [tokens, heads · headDim], with the scale, the softcap and
   * the layer's window that the shape says.
   */
  attend(layer: number, input: QueriesKeysValues): Value;
  /** Adds to every token [tokens, hidden] the entry that its row has for this layer. */
  addEntry(layer: number, tokens: Value, output: string): Value;
  /** Called once, after the last layer. */
  finish(): void;
}
