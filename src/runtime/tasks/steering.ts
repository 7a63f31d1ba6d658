import { heldOutQuestions } from "../../domain/held-out.ts";
import type { SteeringParams } from "../../domain/task-params.ts";
import type { SteeringTask } from "../../domain/task.ts";
import { firstCoefficient } from "../../domain/search-params.ts";
import { choose, splitOf } from "../effect.ts";
import { askAndJudge } from "./answers.ts";
import { onlyTask, outputPath, type Executor } from "./context.ts";
import { tryNullDirections } from "./null-directions.ts";
import { search } from "./search.ts";
import { steeringLines, type Evaluated, type SteeringBest } from "./steering-files.ts";
import { readBaseline, readVectors, upstream } from "./steering-inputs.ts";

/** The search over all layers, then random directions where the best vector was found. */
export const runSteering: Executor<SteeringTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const vectors = readVectors(upstream(task, "vectors", context), context);
  const baseline = readBaseline(task, context);
  const split = splitOf(heldOutQuestions(baseline.responses.length, params.heldOut));
  const starts = params.layers.map((layer) => ({
    layer,
    first: firstCoefficient(params.search, baseline.residual_norms[layer] as number),
  }));
  const evaluated = await search(params.search, starts, split, (trials, doing) => {
    const configurations = trials.map(({ layer, coefficient }) => ({
      steering: [{ layer, vector: layer, coefficient }],
    }));
    return askAndJudge(params, configurations, vectors, doing, context);
  });
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

function bestOf(
  { dataset, trait, variant, position, method }: SteeringParams,
  best: Evaluated | undefined,
): SteeringBest {
  const found = best === undefined ? {} : { best: { layer: best.layer, coefficient: best.coefficient } };
  return { format_version: 1, dataset, trait, variant, position, method, ...found };
}
