import type { Value } from "../onnx/graph-builder.ts";

/** How tokens are laid out in a forward pass and how they see their past. The rest of the graph knows [tokens, features]. */
export interface AttentionCore {
  /** Token ids: [tokens]. */
  readonly tokenIds: Value;
  /** Rotary attention of every token over its own row's past: [tokens, heads · headDim] in and out. */
  attend(layer: number, query: Value, key: Value, value: Value): Value;
  /** Adds to every token of a row that row's own vector: [tokens, hidden] + [rows, hidden]. */
  addPerRow(tokens: Value, rows: Value, output: string): Value;
}
