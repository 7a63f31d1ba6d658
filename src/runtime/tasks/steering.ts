import type { SteeringParams } from "../../domain/task-params.ts";
import type { SteeringTask } from "../../domain/task.ts";
import { decodeSafetensors } from "../../domain/safetensors.ts";
import { randomDirection } from "../../methods/random.ts";
import { bestEvaluation, nextPoint, startPoint, type Evaluation } from "../search.ts";
import { askAndJudge, summarise, type Answer, type Summary } from "./answers.ts";
import { parseBaseline, storedAnswer, type Baseline } from "./baseline.ts";
import { datasetOf, onlyTask, outputPath, type Executor, type Outputs, type TaskContext } from "./context.ts";

/** What a steering search found. Δ is the trait mean less the unsteered one. */
export interface SteeringBest {
  readonly dataset: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  readonly baseline: Summary;
  /** Absent when no evaluation stayed coherent: there is no best vector then. */
  readonly best?: { readonly layer: number; readonly coefficient: number; readonly trait_delta: number } & Summary;
  /** Random unit directions at the same layer and coefficient. */
  readonly random?: {
    readonly directions: number;
    readonly trait_delta_mean: number | null;
    readonly trait_delta_max: number | null;
    readonly coherence_mean: number | null;
  };
}

interface Evaluated extends Evaluation {
  readonly summary: Summary;
  readonly answers: readonly Answer[];
}

/** The adaptive search over all layers in lock-step, then random directions where the best vector was found. */
export const runSteering: Executor<SteeringTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const vectors = readVectors(task, context);
  const baseline = readBaseline(task, context);
  const evaluated = await search(params, vectors, baseline, context);
  const best = bestEvaluation(evaluated, params.search.minCoherence);
  const random = best === undefined ? [] : await tryRandom(params, best, context);
  const summary = bestOf(params, baseline, best, random);
  return new Map([[task.id, outputsOf(task, summary, baseline, evaluated, random, context)]]);
};

async function search(
  params: SteeringParams,
  vectors: ReadonlyMap<number, Float32Array>,
  baseline: Baseline,
  context: TaskContext,
): Promise<Evaluated[]> {
  let points = params.layers.map((layer) => startPoint(params.search, baseline.residual_norms[layer] as number));
  const directions = params.layers.map((layer) => vectors.get(layer) as Float32Array);
  const evaluated: Evaluated[] = [];
  for (let step = 0; step < params.search.evaluations; step++) {
    const configurations = params.layers.map((layer, index) => ({
      steering: [{ layer, vector: index, coefficient: (points[index] as (typeof points)[number]).coefficient }],
    }));
    const doing = `evaluation ${step + 1}/${params.search.evaluations}`;
    const answers = await askAndJudge(params, configurations, directions, doing, context);
    const results = params.layers.map((layer, index) =>
      evaluation(layer, points[index]?.coefficient as number, answers[index] as Answer[]),
    );
    evaluated.push(...results);
    points = points.map((point, index) => nextPoint(params.search, point, results[index]?.coherenceMean ?? null));
  }
  return evaluated;
}

/** Random unit directions at the best vector's layer and coefficient: same norm, no meaning. */
async function tryRandom(params: SteeringParams, best: Evaluated, context: TaskContext): Promise<Evaluated[]> {
  if (params.nullDirections === 0) return [];
  const model = await context.model(params.application);
  const directions = Array.from({ length: params.nullDirections }, (_, index) =>
    randomDirection(`${params.nullSeed}/${index}`, model.hiddenSize),
  );
  const { layer, coefficient } = best;
  const configurations = directions.map((_, vector) => ({ steering: [{ layer, vector, coefficient }] }));
  const answers = await askAndJudge(params, configurations, directions, "random directions", context);
  return answers.map((group) => evaluation(layer, coefficient, group));
}

function evaluation(layer: number, coefficient: number, answers: readonly Answer[]): Evaluated {
  const summary = summarise(answers);
  return { layer, coefficient, traitMean: summary.trait_mean, coherenceMean: summary.coherence_mean, summary, answers };
}

function bestOf(
  params: SteeringParams,
  baseline: Baseline,
  best: Evaluated | undefined,
  random: readonly Evaluated[],
): SteeringBest {
  const { dataset, variant, position, method } = params;
  const common = { dataset, variant, position, method, baseline: baseline.result };
  const unsteered = baseline.result.trait_mean;
  if (best === undefined || unsteered === null) return common;
  const deltas = random.flatMap(({ traitMean }) => (traitMean === null ? [] : [traitMean - unsteered]));
  const coherences = random.flatMap(({ coherenceMean }) => (coherenceMean === null ? [] : [coherenceMean]));
  const { layer, coefficient, summary } = best;
  return {
    ...common,
    best: { layer, coefficient, trait_delta: (best.traitMean as number) - unsteered, ...summary },
    ...(random.length === 0
      ? {}
      : {
          random: {
            directions: random.length,
            trait_delta_mean: mean(deltas),
            trait_delta_max: deltas.length === 0 ? null : Math.max(...deltas),
            coherence_mean: mean(coherences),
          },
        }),
  };
}

/** The study's results format, a JSON object a line: header, baseline, evaluations; no time of day, so that a rerun gives the same bytes. */
function outputsOf(
  task: SteeringTask,
  best: SteeringBest,
  baseline: Baseline,
  evaluated: readonly Evaluated[],
  random: readonly Evaluated[],
  context: TaskContext,
): Outputs {
  const { params } = task;
  const { questions } = datasetOf(context.experiment, params.dataset);
  const { dataset, variant, component, position, method, judge, maxNewTokens } = params;
  const asked = params.questions === "all" ? questions.length : Math.min(params.questions, questions.length);
  const line = ({ layer, coefficient, summary }: Evaluated, name: string) => ({
    result: summary,
    config: { vectors: [{ layer, component, position, method: name, weight: coefficient }] },
  });
  const answersOf = ({ layer, coefficient, answers }: Evaluated, name: string) =>
    answers.map((answer) => ({ layer, method: name, weight: coefficient, ...storedAnswer(answer, questions) }));
  const results = [
    {
      type: "header",
      trait: params.trait,
      application: params.application,
      vector_source: { dataset, variant, position, component, method },
      eval: { judge, questions: asked, max_new_tokens: maxNewTokens },
    },
    { type: "baseline", result: baseline.result },
    ...evaluated.map((one) => line(one, method)),
    ...random.map((one, index) => line(one, `random_${index}`)),
  ];
  const responses = [
    ...evaluated.flatMap((one) => answersOf(one, method)),
    ...random.flatMap((one, index) => answersOf(one, `random_${index}`)),
  ];
  return new Map([
    [outputPath(task, "results.jsonl"), jsonLines(results)],
    [outputPath(task, "responses.jsonl"), jsonLines(responses)],
    [outputPath(task, "best.json"), `${JSON.stringify(best, null, 2)}\n`],
  ]);
}

function readVectors(task: SteeringTask, context: TaskContext): Map<number, Float32Array> {
  const path = outputPath(upstream(task, "vectors", context), "vectors.safetensors");
  const { data, shape } = decodeSafetensors(context.readFile(path), "vectors");
  const hidden = shape[1] ?? 0;
  return new Map(task.params.layers.map((layer) => [layer, data.slice(layer * hidden, (layer + 1) * hidden)]));
}

function readBaseline(task: SteeringTask, context: TaskContext): Baseline {
  const path = outputPath(upstream(task, "baseline", context), "baseline.json");
  return parseBaseline(path, context.readFile(path));
}

function upstream(task: SteeringTask, kind: "vectors" | "baseline", context: TaskContext) {
  const found = context.experiment.tasks.find((other) => other.kind === kind && task.needs.includes(other.id));
  if (found === undefined) throw new Error(`Internal error: ${task.id} needs no ${kind}`);
  return found;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function jsonLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
