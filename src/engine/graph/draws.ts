import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";

/** Names of the inputs and the output of draws. */
export const DRAWS = {
  /** i32[d]: which of the asked tokens. */
  rows: "draw_rows",
  /** f32[d, 1] */
  temperatures: "draw_temperatures",
  /** f32[d, 1]: in [0, 1). */
  uniforms: "draw_uniforms",
  /** i32[d, 1] */
  drawn: "drawn",
} as const;

const GROUP = 256;

/** What is drawn, from which logits. */
export interface DrawInputs {
  /** i32[d]: rows of the logits. */
  readonly rows: Value;
  /** f32[d, 1] */
  readonly temperatures: Value;
  /** f32[d, 1]: in [0, 1). */
  readonly uniforms: Value;
}

export function drawInputs(graph: GraphBuilder): DrawInputs {
  return {
    rows: graph.input(DRAWS.rows, "int32", ["drawn"]),
    temperatures: graph.input(DRAWS.temperatures, "float32", ["drawn", 1]),
    uniforms: graph.input(DRAWS.uniforms, "float32", ["drawn", 1]),
  };
}

/**
 * Draws tokens from softmax(logits / temperature) by the inverse of its distribution function, tokens ordered by id, as
 * sampleToken does without a nucleus: so the vocabulary's probabilities need not leave the device. The first group of
 * 256 tokens whose cumulated probability exceeds the uniform number, then the first token within it. i32[d, 1]
 */
export function addDraws(
  graph: GraphBuilder,
  logits: Value,
  { rows, temperatures, uniforms }: DrawInputs,
  vocabSize: number,
  output: string,
): Value {
  const groups = Math.ceil(vocabSize / GROUP);
  const chosen = graph.node("Gather", [logits, rows], "draws.logits");
  const scaled = graph.node("Div", [chosen, temperatures], "draws.scaled");
  const probabilities = graph.node("Softmax", [scaled], "draws.probabilities", { attributes: { axis: { int: -1 } } });
  const padding = graph.integers([0, 0, 0, groups * GROUP - vocabSize]);
  const padded = graph.node("Pad", [probabilities, padding, graph.number(0)], "draws.padded");
  const grouped = graph.node("Reshape", [padded, graph.integers([-1, groups, GROUP])], "draws.grouped");
  const sums = graph.node("ReduceSum", [grouped, graph.integers([2])], "draws.sums", {
    attributes: { keepdims: { int: 0 } },
  });
  const group = addPlace(graph, sums, uniforms, groups - 1, "draws.group");
  const before = graph.node(
    "ReduceSum",
    [graph.node("Mul", [sums, group.passed], "draws.passed"), graph.integers([1])],
    "draws.before",
  );
  const left = graph.node("Sub", [uniforms, before], "draws.left");
  const index = graph.cast(group.place, "int64", "draws.index");
  const members = graph.node("GatherND", [grouped, index], "draws.members", {
    attributes: { batch_dims: { int: 1 } },
  }); // [drawn, 256]
  const member = addPlace(graph, members, left, GROUP - 1, "draws.member");
  // In fp32, which is exact up to 2^24: WebGPU has no arithmetic of integers of 64 bits.
  const first = graph.node("Mul", [group.place, graph.number(GROUP)], "draws.first");
  const id = graph.node("Add", [first, member.place], "draws.id");
  const known = graph.node("Min", [id, graph.number(vocabSize - 1)], "draws.known");
  return graph.cast(known, "int32", output);
}

/** How many of the leading values [drawn, n] sum up to no more than the limit [drawn, 1], at most `last`; f32[drawn, 1]. */
function addPlace(
  graph: GraphBuilder,
  values: Value,
  limit: Value,
  last: number,
  name: string,
): { readonly passed: Value; readonly place: Value } {
  const one = graph.integers([1]);
  const cumulated = graph.node("CumSum", [values, graph.integers(1)], `${name}.cumulated`);
  const below = graph.node("LessOrEqual", [cumulated, limit], `${name}.below`);
  const passed = graph.cast(below, "float32", `${name}.passed`);
  const count = graph.node("ReduceSum", [passed, one], `${name}.count`);
  return { passed, place: graph.node("Min", [count, graph.number(last)], `${name}.place`) };
}
