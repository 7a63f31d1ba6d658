import type { Value } from "../onnx/graph-builder.ts";

/** How tokens are laid out in a forward pass and how they see their past. The rest of the graph knows [tokens, features]. */
export interface AttentionCore {
  /** Token ids: [tokens]. */
  readonly tokenIds: Value;
  /**
   * Rotary attention of every token over its own row's past: queries, keys and values side by side,
   * [tokens, (heads + 2 · kvHeads) · headDim], to [tokens, heads · headDim].
   */
  attend(layer: number, packed: Value): Value;
  /** Adds to every token of a row that row's own vector: [tokens, hidden] + [rows, hidden]. */
  addPerRow(tokens: Value, rows: Value, output: string): Value;
  /** Called once, after the last layer. */
  finish(): void;
}
