import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { Attribute } from "../onnx/proto.ts";

/** What PagedAttention reads besides queries, keys and values. */
export interface PagedInputs {
  readonly caches: readonly Value[];
  readonly rowStarts: Value;
  readonly past: Value;
  readonly blockTable: Value;
  readonly bounds: Value;
  /** [maxPositions, headDim / 2] each, for the kernel to rotate by; none: queries and keys are rotated already. */
  readonly rotary: readonly Value[];
  /** i32[tokens]: where in the cache each token's key and value go, −1 for nowhere; none: behind the row's past. */
  readonly slots?: Value;
}

export function pagedAttention(
  graph: GraphBuilder,
  queriesKeysValues: readonly Value[],
  inputs: PagedInputs,
  attributes: Readonly<Record<string, Attribute>>,
  output: string,
): Value {
  const { caches, rowStarts, past, blockTable, bounds, slots = "" } = inputs;
  const rotary = inputs.rotary.length > 0 ? inputs.rotary : ["", ""];
  const unused = ["", "", "", "", ""];
  return graph.node(
    "PagedAttention",
    [...queriesKeysValues, ...caches, rowStarts, past, blockTable, ...rotary, slots, ...unused, bounds],
    output,
    { attributes: { ...attributes, do_rotary: { int: inputs.rotary.length > 0 ? 1 : 0 } }, domain: "com.microsoft" },
  );
}
