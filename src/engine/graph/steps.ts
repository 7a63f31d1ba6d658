import type { BlockContext } from "../architectures/types.ts";
import { decodingCore } from "../attention/decoding.ts";
import { groupInputs } from "../attention/grouped.ts";
import { addedEntry, type PagedParts } from "../attention/paged.ts";
import type { AttentionCore, RowEntries } from "../attention/types.ts";
import type { GraphBuilder, GraphOutput, TypedValue } from "../onnx/graph-builder.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { addDraws, type DrawInputs } from "./draws.ts";
import { addBlocks, headOf } from "./pass.ts";
import { addLogits, addWinner } from "./predictions.ts";

/** Names of the inputs and outputs of decoding in steps. */
export const STEPS = {
  /** bool[]: a pass as on any other device; if not, rows of one new token each are decoded in steps. */
  pass: "pass",
  /** i32[steps, rows]: tokens of each row that the cache holds before the step. */
  past: "step_past",
  /** f32[steps, d, 1] */
  uniforms: "step_uniforms",
  /** i32[steps, rows] */
  tokens: "step_tokens",
  /** f32[steps, rows]: finite if and only if all logits are. */
  logitSums: "step_logit_sums",
} as const;

/** What follows in each step: a list's entries go by these names. */
const STEP = { ids: "step.ids", past: "step.past", uniforms: "step.uniforms" } as const;

interface Shared {
  readonly steering: RowEntries;
  readonly parts: PagedParts;
  readonly draws: DrawInputs;
}

/**
 * Either does a pass, or writes several tokens of every row in one run, each step's tokens the next one's input. What the
 * host does between two runs (it waits for the device, feeds, and starts the first kernels) is done once for all steps.
 */
export function choosePassOrSteps(
  context: Omit<BlockContext, "attention">,
  checkpoint: Checkpoint,
  { steering, parts, draws }: Shared,
  pass: () => readonly GraphOutput[],
): void {
  const { graph, shape } = context;
  const past = graph.input(STEPS.past, "int32", ["steps", "rows"]);
  const uniforms = graph.input(STEPS.uniforms, "float32", ["steps", "drawn", 1]);
  const groups = groupInputs(graph, shape);
  const added = (): string[] =>
    Array.from({ length: shape.layers }, (_, layer) => addedEntry(graph, steering, parts, layer, `added.${layer}`));
  const core = (grouped: boolean): AttentionCore => {
    const decoding = grouped ? { groups: groups.ofStep } : { past: STEP.past };
    return decodingCore(graph, shape, parts, { tokenIds: STEP.ids, decoding, added: added() });
  };
  const steps = (grouped: boolean): GraphOutput[] => {
    const attention = core(grouped);
    graph.repeat(
      { name: STEP.ids, type: "int32", shape: ["rows"], from: parts.ids, to: "last_ids" },
      [
        ...(grouped ? groups.lists : [{ name: STEP.past, type: "int32", shape: ["rows"], from: past } as const]),
        { name: STEP.uniforms, type: "float32", shape: ["drawn", 1], from: uniforms },
      ],
      () => addStep({ ...context, attention }, checkpoint, { ...draws, uniforms: STEP.uniforms }),
    );
    return STEP_OUTPUTS.map((output) => ({ ...output, value: `all.${output.name}` }));
  };

  let passed: readonly TypedValue[] = [];
  graph.choose(
    graph.input(STEPS.pass, "bool", []),
    () => {
      const outputs = pass();
      passed = outputs;
      return [...outputs, ...STEP_OUTPUTS.map((output) => graph.nothing(output))];
    },
    () => {
      graph.choose(
        groups.inGroups,
        () => renamed(steps(true)),
        () => renamed(steps(false)),
      );
      const outputs = STEP_OUTPUTS.map((output) => ({ ...output, value: `some.${output.name}` }));
      return [...passed.map((output) => graph.nothing(output)), ...outputs];
    },
  );
  for (const { name, type, shape: size } of [...passed, ...STEP_OUTPUTS]) graph.output(name, type, size);
}

const STEP_OUTPUTS: readonly TypedValue[] = [
  { name: STEPS.tokens, type: "int32", shape: ["steps", "rows"] },
  { name: STEPS.logitSums, type: "float32", shape: ["steps", "rows"] },
];

function renamed(outputs: readonly GraphOutput[]): GraphOutput[] {
  return outputs.map((output) => ({ ...output, name: `some.${output.name}` }));
}

/** The next token of every row: drawn, or the likeliest. */
function addStep(context: BlockContext, checkpoint: Checkpoint, draws: DrawInputs): GraphOutput[] {
  const { graph, shape } = context;
  const normed = addBlocks(context, checkpoint);
  const sums = "step.logit_sums";
  const { logits } = addLogits(context, normed, headOf(context, checkpoint), "step", sums);
  const likeliest = graph.cast(addWinner(graph, logits, shape.vocabSize, "step.winner"), "int32", "step.likeliest");
  const drawn = addDraws(graph, logits, draws, shape.vocabSize, "step.drawn");
  const inputs = [flat(graph, likeliest, "step.greedy"), draws.rows, flat(graph, drawn, "step.draws")];
  const next = graph.node("ScatterElements", inputs, "step.next", { attributes: { axis: { int: 0 } } });
  const returned = graph.node("Identity", [next], "step.tokens");
  const rows = ["rows"];
  return [
    { value: next, name: STEP.ids, type: "int32", shape: rows },
    { value: returned, name: `all.${STEPS.tokens}`, type: "int32", shape: rows },
    { value: sums, name: `all.${STEPS.logitSums}`, type: "float32", shape: rows },
  ];
}

/** [n, 1] → [n] */
function flat(graph: GraphBuilder, value: string, output: string): string {
  return graph.node("Reshape", [value, graph.integers([-1])], output);
}
