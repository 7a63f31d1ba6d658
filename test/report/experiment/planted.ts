import { compile } from "../../../src/compiler/compile.ts";
import type { SteeringTask, Task } from "../../../src/domain/task.ts";
import type { Made } from "../../../src/report/experiment/made.ts";
import { diskReader } from "../../../src/runtime/project-reader.ts";
import { outputPath } from "../../../src/runtime/tasks/context.ts";
import { createProject, SPEC, type Project } from "../../rig/project.ts";

/** Every phase, small: three vector sets, of which two differ in their position alone. */
export const PLANTED_SPEC: string = SPEC.replace("methods: [mean_diff, probe]", "methods: [mean_diff]").replace(
  '["response[:5]"]',
  '["response[:5]", "response[:10]"]',
).concat(`
combinations:
  sources: [instruction, natural]
  strategies: [{ name: sum_at_best, vectors: sum, layer: best }]

weight_analysis: { compare: [base, instruct], null_directions: 40 }

activation_similarity:
  prompts: { traits: [sycophancy] }
  generate: { variant: instruct, max_new_tokens: 8 }
  replay: [base]
`);

const LAYERS = 8;
const BEST = 5.5;
const TOO_MUCH = 8.25;

/** What stands in the artifacts. */
export interface Planting {
  readonly questions: readonly string[];
  /** The answer of every model to a question. */
  readonly answer: string;
  /** Which tasks are done. */
  readonly isDone: (task: Task) => boolean;
  /** Words that every answer is repeated with, to make it long. */
  readonly times: number;
}

const PLAIN: Planting = {
  questions: Array.from({ length: 8 }, (_, index) => `Question ${index + 1}?`),
  answer: "You are right.",
  isDone: () => true,
  times: 1,
};

/** An experiment whose artifacts hold numbers that were made up, and can be worked out by hand. */
export function plant(planting: Partial<Planting> = {}, project: Project = createProject(PLANTED_SPEC)): Made {
  const planted = { ...PLAIN, ...planting };
  for (const set of ["tiny_instruction", "tiny_natural"]) {
    const { questions } = planted;
    project.write(`datasets/traits/${set}/sycophancy/steering.json`, JSON.stringify({ questions }));
  }
  const { experiment, diagnostics } = compile(project.path("specs/small.yaml"), diskReader(), {});
  if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const done = new Set(experiment.tasks.flatMap((task) => (planted.isDone(task) ? [task.id] : [])));
  const files = new Map(experiment.tasks.flatMap((task) => [...artifactsOf(task, experiment.tasks, planted)]));
  return {
    experiment,
    isDone: (id) => done.has(id),
    readFile(path) {
      const content = files.get(path);
      if (content === undefined) throw new Error(`nothing is planted at ${path}`);
      return Buffer.from(content);
    },
  };
}

/** Contents by path; of what a report does not read, none. */
function artifactsOf(task: Task, tasks: readonly Task[], planted: Planting): Map<string, string> {
  const file = (name: string, content: string): Map<string, string> => new Map([[outputPath(task, name), content]]);
  const json = (name: string, content: unknown): Map<string, string> => file(name, JSON.stringify(content));
  const searches = tasks.filter((one): one is SteeringTask => one.kind === "steering");
  if (task.kind === "vectors") return json("metadata.json", metadata());
  if (task.kind === "baseline")
    return json("baseline.json", { residual_norms: [], responses: responses(10, 95, planted) });
  if (task.kind === "prompted")
    return json("prompted.json", {
      prompts: [
        { system_prompt: "Agree.", responses: responses(50, 95, planted) },
        { system_prompt: "Praise.", responses: responses(40, 95, planted) },
      ],
    });
  if (task.kind === "steering") {
    const lift = 30 + 10 * searches.indexOf(task);
    const evaluations = [
      ...[BEST, TOO_MUCH].map((weight) => ({ method: task.params.method, weight })),
      { method: "random_0", weight: BEST },
    ].map(({ method, weight }, evaluation) => {
      const trait = method === "random_0" ? 12 : 10 + lift + weight;
      const answers = responses(trait, weight === BEST ? 85 : 60, planted);
      return answers.map((answer) => ({ evaluation, layer: 3, method, weight, ...answer }));
    });
    return new Map([
      ...file("responses.jsonl", lines(evaluations.flat())),
      ...file("results.jsonl", lines([{ type: "baseline", result: summary(10, 95) }, ...evaluations.map(resultLine)])),
    ]);
  }
  if (task.kind === "selection") {
    const own = searches.filter(({ id }) => task.needs.includes(id));
    const { dataset, variant, position, method } = (own.at(-1) as SteeringTask).params;
    const { trait, source } = task.params;
    return json(`${source}.json`, {
      trait,
      source,
      best: { dataset, variant, position, method, layer: 3, coefficient: BEST },
    });
  }
  if (task.kind === "combination") {
    const answers = responses(75, 90, planted);
    return new Map([
      ...json("best.json", { hooks: [{ layer: 3, coefficient: 6 }], best: { scale: 1 } }),
      ...file(
        "responses.jsonl",
        lines(answers.map((answer) => ({ evaluation: 0, layer: 3, method: "sum", weight: 1, ...answer }))),
      ),
    ]);
  }
  if (task.kind === "weights") return json(`${task.params.step}.json`, weights(task.params.step, tasks));
  if (task.kind === "similarity") return json("results.json", similarity());
  return new Map();
}

/** A score goes up from question to question, around its mean. */
function responses(trait: number, coherence: number, { questions, answer, times }: Planting) {
  const middle = (questions.length - 1) / 2;
  return questions.map((question, index) => ({
    question,
    response: answer.repeat(times),
    trait: trait + (trait === 10 ? 0 : index - middle),
    coherence,
  }));
}

function summary(trait: number, coherence: number) {
  return { trait_mean: trait, coherence_mean: coherence, n: 8 };
}

function resultLine(
  answers: readonly { layer: number; method: string; weight: number; trait: number; coherence: number }[],
) {
  const [{ layer, method, weight, coherence }] = answers as [(typeof answers)[number]];
  const trait = answers.reduce((sum, one) => sum + one.trait, 0) / answers.length;
  return { result: summary(trait, coherence), config: { vectors: [{ layer, method, weight }] } };
}

function metadata() {
  const layers = Array.from({ length: LAYERS }, (_, layer) => ({ layer, train_acc: 0.9, val_acc: 0.75 }));
  return { n_layers: LAYERS, n_pos: 5, n_neg: 5, n_val_pos: 1, n_val_neg: 1, layers };
}

function weights(step: string, tasks: readonly Task[]): unknown {
  const layers = Array.from({ length: LAYERS }, (_, layer) => layer);
  const each = (value: number): number[] => layers.map(() => value);
  if (step === "norms") {
    const relative = { relative: each(0.1) };
    return {
      layers: { sum_of_changes: layers.map((layer) => 10 + layer), q_proj: relative, o_proj: { relative: each(0.2) } },
    };
  }
  if (step === "logit_lens") {
    const found = { toward: [{ text: " yes" }, { text: "|" }], away: [{ text: " no" }] };
    return { layers: layers.map((layer) => ({ layer, delta_residual: found })) };
  }
  const band = { low: each(-0.05), high: each(0.05) };
  const shares = { response: { value: each(0.1), low: each(0.08), high: each(0.12) } };
  return {
    layers,
    null_directions: 40,
    null: { cosine: band, o_proj: shares, down_proj: shares },
    vectors: tasks.flatMap((task) => {
      if (task.kind !== "vectors") return [];
      const { dataset, position, method } = task.params;
      const cosine = { value: layers.map((layer) => layer / 50), percentile: each(99) };
      return [{ dataset, position, method, cosine, o_proj: shares, down_proj: shares }];
    }),
  };
}

function similarity() {
  const falling = Array.from({ length: LAYERS }, (_, layer) => 0.98 - layer / 20);
  const tokens = [0, 1, 2, 3, 4];
  return {
    captured: "instruct",
    replayed: "base",
    n_prompts: 8,
    per_layer_similarity: { mean: falling, std: falling.map(() => 0.01) },
    per_position_similarity: {
      positions: tokens,
      n_prompts_at_position: tokens.map(() => 8),
      by_layer: Object.fromEntries(
        falling.map((mean, layer) => [String(layer), { mean: tokens.map((token) => mean - (token < 3 ? 0.1 : 0)) }]),
      ),
    },
    transfer_curves: { "tiny_natural/sycophancy": { layers: [3], deltas: [40] } },
    correlations: { "tiny_natural/sycophancy": { pearson_r: null, p_value: null, spearman_rho: null, n_points: 1 } },
    warnings: [],
  };
}

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
