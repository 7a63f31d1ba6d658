import { heldOutQuestions } from "../../domain/held-out.ts";
import type { CombinationParams } from "../../domain/task-params.ts";
import type { CombinationTask } from "../../domain/task.ts";
import { firstCoefficient } from "../../domain/search-params.ts";
import type { Member } from "../../methods/combiners.ts";
import { hooksOf, type Hook } from "../combine.ts";
import { choose, splitOf, summarise, type Split } from "../effect.ts";
import { RuntimeFailure } from "../failures.ts";
import { finerGrid } from "../refinement.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import { storedAnswer, type Baseline } from "./baseline.ts";
import { datasetOf, onlyTask, outputPath, type Executor, type Outputs, type TaskContext } from "./context.ts";
import { search } from "./search.ts";
import { readSelection, type Selection } from "./selection.ts";
import { jsonLines, type Evaluated } from "./steering-files.ts";
import { allUpstream, readBaseline, readVectors } from "./steering-inputs.ts";

/** What a combination steers with; all its coefficients are multiplied by one scale. */
export interface CombinationBest {
  readonly format_version: 1;
  readonly dataset: string;
  readonly trait: string;
  readonly strategy: string;
  readonly members: readonly { readonly source: string; readonly layer: number; readonly coefficient: number }[];
  /** At scale 1. */
  readonly hooks: readonly { readonly layer: number; readonly coefficient: number }[];
  /** Absent when no evaluation stayed coherent. */
  readonly best?: { readonly scale: number };
}

/** Steers with the best vectors of several sources at once, and searches for the scale of their coefficients. */
export const runCombination: Executor<CombinationTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const baseline = readBaseline(task, context);
  const split = splitOf(heldOutQuestions(baseline.responses.length, params.heldOut));
  const unsteered = summarise(baseline.responses, split.selecting).trait_mean ?? 0;
  const members = allUpstream(task, "selection", context).map((selection) =>
    memberOf(readSelection(selection, context), unsteered, context),
  );
  const hooks = hooksOf(params, members, (layer) =>
    firstCoefficient(params.search, baseline.residual_norms[layer] as number),
  );
  if (hooks === undefined) {
    throw new RuntimeFailure(
      "vector-degenerate",
      `The strategy '${params.strategy}' of ${params.trait} gives no direction: the vectors cancel each other.`,
      "Look at the vectors: they may point in opposite directions.",
    );
  }
  const searched = await searchScale(params, hooks, split, context);
  const evaluated = [...searched, ...(await refine(params, hooks, searched, split, context))];
  const best = choose(evaluated, split, params.search.minCoherence);
  return new Map([[task.id, outputsOf(task, members, hooks, evaluated, best, baseline, context)]]);
};

function memberOf({ trait, source, best }: Selection, unsteered: number, context: TaskContext): Member {
  if (best === undefined) {
    throw new RuntimeFailure(
      "no-best-vector",
      `No vector of ${trait} from the source '${source}' stays coherent, so there is none to combine.`,
      "Look at its searches: steerform show results. Other layers or a lower start may help.",
    );
  }
  const { dataset, variant, position, method, layer, coefficient, selected } = best;
  const vectors = context.experiment.tasks.find(
    ({ kind, params }) =>
      kind === "vectors" &&
      params["dataset"] === dataset &&
      params["variant"] === variant &&
      params["position"] === position &&
      params["method"] === method,
  );
  if (vectors === undefined) throw new Error(`Internal error: no vectors of ${dataset} ${position} ${method}`);
  return {
    source,
    layer,
    coefficient,
    effect: (selected.trait_mean ?? -Infinity) - unsteered,
    vectors: readVectors(vectors, context),
  };
}

/** A search as of one layer, for one scale of all hooks; it begins with their own coefficients. */
async function searchScale(
  params: CombinationParams,
  hooks: readonly Hook[],
  split: Split,
  context: TaskContext,
): Promise<Evaluated[]> {
  const at = hooks[0]?.layer as number;
  if (params.coefficient.kind === "fixed") return evaluate(params, hooks, [1], "evaluation 1/1", context);
  return search(params.search, [{ layer: at, first: 1 }], split, async (trials, doing) => {
    const scales = trials.map(({ coefficient }) => coefficient);
    return (await evaluate(params, hooks, scales, doing, context)).map(({ scores }) => scores);
  });
}

/** As many more scales as a single vector gets coefficients, where coherence is lost: else the comparison is not fair. */
function refine(
  params: CombinationParams,
  hooks: readonly Hook[],
  searched: readonly Evaluated[],
  { selecting }: Split,
  context: TaskContext,
): Promise<Evaluated[]> {
  const points = searched.map(({ coefficient, scores }) => ({
    coefficient,
    coherence: summarise(scores, selecting).coherence_mean,
  }));
  const scales = finerGrid(points, params.search.minCoherence, params.points);
  return evaluate(params, hooks, scales, "finer grid", context);
}

/** All scales in one batch: each row carries its own coefficients. */
async function evaluate(
  params: CombinationParams,
  hooks: readonly Hook[],
  scales: readonly number[],
  doing: string,
  context: TaskContext,
): Promise<Evaluated[]> {
  if (scales.length === 0) return [];
  const configurations = scales.map((scale) => ({
    steering: hooks.map(({ layer, coefficient }, vector) => ({ layer, vector, coefficient: coefficient * scale })),
  }));
  const directions = hooks.map(({ vector }) => vector);
  const answers = await askAndJudge(params, configurations, directions, doing, context);
  return scales.map((coefficient, index) => ({
    layer: hooks[0]?.layer as number,
    coefficient,
    scores: answers[index] as Answer[],
  }));
}

function outputsOf(
  task: CombinationTask,
  members: readonly Member[],
  hooks: readonly Hook[],
  evaluated: readonly Evaluated[],
  best: Evaluated | undefined,
  baseline: Baseline,
  context: TaskContext,
): Outputs {
  const { dataset, trait, strategy, application, judge, maxNewTokens } = task.params;
  const { questions } = datasetOf(context.experiment, dataset);
  const summary: CombinationBest = {
    format_version: 1,
    dataset,
    trait,
    strategy,
    members: members.map(({ source, layer, coefficient }) => ({ source, layer, coefficient })),
    hooks: hooks.map(({ layer, coefficient }) => ({ layer, coefficient })),
    ...(best === undefined ? {} : { best: { scale: best.coefficient } }),
  };
  const results = [
    {
      type: "header",
      trait,
      application,
      strategy,
      members: summary.members,
      eval: { judge, questions: baseline.responses.length, max_new_tokens: maxNewTokens },
    },
    { type: "baseline", result: baseline.result },
    ...evaluated.map(({ coefficient: scale, scores }) => ({
      result: summarise(scores),
      config: { scale, vectors: hooks.map(({ layer, coefficient }) => ({ layer, weight: coefficient * scale })) },
    })),
  ];
  const responses = evaluated.flatMap(({ layer, coefficient, scores }, evaluation) =>
    scores.map((answer) => ({
      evaluation,
      layer,
      method: strategy,
      weight: coefficient,
      ...storedAnswer(answer, questions),
    })),
  );
  return new Map([
    [outputPath(task, "results.jsonl"), jsonLines(results)],
    [outputPath(task, "responses.jsonl"), jsonLines(responses)],
    [outputPath(task, "best.json"), `${JSON.stringify(summary, null, 2)}\n`],
  ]);
}
