import { heldOutQuestions } from "../../domain/held-out.ts";
import type { SteeringParams } from "../../domain/task-params.ts";
import type { SteeringTask } from "../../domain/task.ts";
import { choose, splitOf, summarise, type Split } from "../effect.ts";
import { nextPoint, startPoint } from "../search.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import type { Baseline } from "./baseline.ts";
import { onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { tryNullDirections } from "./null-directions.ts";
import { steeringLines, type Evaluated, type SteeringBest } from "./steering-files.ts";
import { readBaseline, readVectors, upstream } from "./steering-inputs.ts";

/** The adaptive search over all layers in lock-step, then random directions where the best vector was found. */
export const runSteering: Executor<SteeringTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const vectors = readVectors(upstream(task, "vectors", context), context);
  const baseline = readBaseline(task, context);
  const split = splitOf(heldOutQuestions(baseline.responses.length, params.heldOut));
  const evaluated = await search(params, vectors, baseline, split, context);
  const best = choose(evaluated, split, params.search.minCoherence);
  const random = best === undefined ? [] : await tryNullDirections(params, best, context);
  const { results, responses } = steeringLines(params, baseline, evaluated, random, context);
  const outputs = new Map([
    [outputPath(task, "results.jsonl"), results],
    [outputPath(task, "responses.jsonl"), responses],
    [outputPath(task, "best.json"), `${JSON.stringify(bestOf(params, best), null, 2)}\n`],
  ]);
  return new Map([[task.id, outputs]]);
};

async function search(
  params: SteeringParams,
  vectors: readonly Float32Array[],
  baseline: Baseline,
  { selecting }: Split,
  context: TaskContext,
): Promise<Evaluated[]> {
  let points = params.layers.map((layer) => startPoint(params.search, baseline.residual_norms[layer] as number));
  const directions = params.layers.map((layer) => vectors[layer] as Float32Array);
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

function bestOf(
  { dataset, trait, variant, position, method }: SteeringParams,
  best: Evaluated | undefined,
): SteeringBest {
  const found = best === undefined ? {} : { best: { layer: best.layer, coefficient: best.coefficient } };
  return { format_version: 1, dataset, trait, variant, position, method, ...found };
}
