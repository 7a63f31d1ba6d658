import type { SteeringParams } from "../../domain/task-params.ts";
import type { SteeringTask } from "../../domain/task.ts";
import { decodeSafetensors } from "../../domain/safetensors.ts";
import { heldOutQuestions } from "../../domain/held-out.ts";
import { randomDirection } from "../../methods/random.ts";
import { choose, splitOf, summarise, type ScoredEvaluation, type Split } from "../effect.ts";
import { nextPoint, startPoint } from "../search.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import { parseBaseline, storedAnswer, type Baseline } from "./baseline.ts";
import { datasetOf, onlyTask, outputPath, type Executor, type Outputs, type TaskContext } from "./context.ts";
import { jsonLines, type SteeringBest, type StoredConfiguration } from "./steering-files.ts";

interface Evaluated extends ScoredEvaluation {
  readonly scores: readonly Answer[];
}

/** The adaptive search over all layers in lock-step, then random directions where the best vector was found. */
export const runSteering: Executor<SteeringTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const vectors = readVectors(task, context);
  const baseline = readBaseline(task, context);
  const split = splitOf(heldOutQuestions(baseline.responses.length, params.heldOut));
  const evaluated = await search(params, vectors, baseline, split, context);
  const best = choose(evaluated, split, params.search.minCoherence);
  const random = best === undefined ? [] : await tryRandom(params, best, context);
  return new Map([[task.id, outputsOf(task, best, baseline, evaluated, random, context)]]);
};

async function search(
  params: SteeringParams,
  vectors: ReadonlyMap<number, Float32Array>,
  baseline: Baseline,
  { selecting }: Split,
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
    const results = params.layers.map((layer, index): Evaluated => ({
      layer,
      coefficient: points[index]?.coefficient as number,
      scores: answers[index] as Answer[],
    }));
    evaluated.push(...results);
    const coherence = results.map(({ scores }) => summarise(scores, selecting).coherence_mean);
    points = points.map((point, index) => nextPoint(params.search, point, coherence[index] ?? null));
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
  return answers.map((scores) => ({ layer, coefficient, scores }));
}

/** The study's results format, a JSON object a line: header, baseline, evaluations; no time of day, so that a rerun gives the same bytes. */
function outputsOf(
  task: SteeringTask,
  best: Evaluated | undefined,
  baseline: Baseline,
  evaluated: readonly Evaluated[],
  random: readonly Evaluated[],
  context: TaskContext,
): Outputs {
  const { params } = task;
  const { questions } = datasetOf(context.experiment, params.dataset);
  const { dataset, variant, component, position, method, judge, maxNewTokens } = params;
  const asked = params.questions === "all" ? questions.length : Math.min(params.questions, questions.length);
  const all = [
    ...evaluated.map((one) => ({ ...one, name: method })),
    ...random.map((one, index) => ({ ...one, name: `random_${index}` })),
  ];
  const results = [
    {
      type: "header",
      trait: params.trait,
      application: params.application,
      vector_source: { dataset, variant, position, component, method },
      eval: { judge, questions: asked, max_new_tokens: maxNewTokens },
    },
    { type: "baseline", result: baseline.result },
    ...all.map(({ layer, coefficient, scores, name }) => ({
      result: summarise(scores),
      config: { vectors: [{ layer, component, position, method: name, weight: coefficient }] },
    })),
  ];
  const responses = all.flatMap(({ layer, coefficient, scores, name }, evaluation) =>
    scores.map((answer) => {
      const configuration: StoredConfiguration = { evaluation, layer, method: name, weight: coefficient };
      return { ...configuration, ...storedAnswer(answer, questions) };
    }),
  );
  return new Map([
    [outputPath(task, "results.jsonl"), jsonLines(results)],
    [outputPath(task, "responses.jsonl"), jsonLines(responses)],
    [outputPath(task, "best.json"), `${JSON.stringify(bestOf(params, best), null, 2)}\n`],
  ]);
}

function bestOf(
  { dataset, trait, variant, position, method }: SteeringParams,
  best: Evaluated | undefined,
): SteeringBest {
  const found = best === undefined ? {} : { best: { layer: best.layer, coefficient: best.coefficient } };
  return { format_version: 1, dataset, trait, variant, position, method, ...found };
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
