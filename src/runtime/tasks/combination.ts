import { heldOutQuestions } from "../../domain/held-out.ts";
import type { CombinationParams } from "../../domain/task-params.ts";
import type { CombinationTask } from "../../domain/task.ts";
import { hooksOf, type Hook, type Member } from "../combine.ts";
import { choose, splitOf, summarise, type Split } from "../effect.ts";
import { RuntimeFailure } from "../failures.ts";
import { nextPoint, startPoint, type SearchPoint } from "../search.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import { storedAnswer, type Baseline } from "./baseline.ts";
import { datasetOf, onlyTask, outputPath, type Executor, type Outputs, type TaskContext } from "./context.ts";
import { readSelection } from "./selection.ts";
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
  const members = allUpstream(task, "selection", context).map((selection) =>
    memberOf(readSelection(selection, context), context),
  );
  const hooks = hooksOf(
    params,
    members,
    (layer) => startPoint(params.search, baseline.residual_norms[layer] as number).coefficient,
  );
  if ("failure" in hooks) {
    const message = `The strategy '${params.strategy}' of ${params.trait} gives no direction: ${hooks.failure}.`;
    throw new RuntimeFailure(
      "vector-degenerate",
      message,
      "Look at the vectors: they may point in opposite directions.",
    );
  }
  const split = splitOf(heldOutQuestions(baseline.responses.length, params.heldOut));
  const evaluated = await search(params, hooks, split, context);
  const best = choose(evaluated, split, params.search.minCoherence);
  return new Map([[task.id, outputsOf(task, members, hooks, evaluated, best, baseline, context)]]);
};

function memberOf({ trait, source, best }: ReturnType<typeof readSelection>, context: TaskContext): Member {
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
    traitMean: selected.trait_mean ?? -Infinity,
    vectors: readVectors(vectors, context),
  };
}

/** The study's schedule, of one scale for all hooks. */
async function search(
  params: CombinationParams,
  hooks: readonly Hook[],
  { selecting }: Split,
  context: TaskContext,
): Promise<Evaluated[]> {
  const evaluations = params.coefficient.kind === "fixed" ? 1 : params.search.evaluations;
  let point: SearchPoint = { coefficient: 1, velocity: 1 };
  const evaluated: Evaluated[] = [];
  for (let step = 0; step < evaluations; step++) {
    const scale = point.coefficient;
    const steering = hooks.map(({ layer, coefficient }, vector) => ({
      layer,
      vector,
      coefficient: coefficient * scale,
    }));
    const directions = hooks.map(({ vector }) => vector);
    const doing = `evaluation ${step + 1}/${evaluations}`;
    const [scores] = await askAndJudge(params, [{ steering }], directions, doing, context);
    evaluated.push({ layer: hooks[0]?.layer as number, coefficient: scale, scores: scores as Answer[] });
    point = nextPoint(params.search, point, summarise(scores as Answer[], selecting).coherence_mean);
  }
  return evaluated;
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
