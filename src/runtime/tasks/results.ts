import { heldOutQuestions } from "../../domain/held-out.ts";
import type { ResultsParams } from "../../domain/task-params.ts";
import type { PromptedTask, ResultsTask, SteeringTask } from "../../domain/task.ts";
import { choose, splitOf } from "../effect.ts";
import { comparePositions } from "../positions.ts";
import { onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { readPrompted } from "./prompted.ts";
import { aloneOf, pairsOf, readCombined } from "./results-combinations.ts";
import type { Results } from "./results-document.ts";
import { combinationRow, promptingRow, vectorRow, type Prompting, type Single } from "./results-rows.ts";
import { readSelection } from "./selection.ts";
import { allUpstream, readBaseline, readSteered } from "./steering-inputs.ts";

export const runResults: Executor<ResultsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const { judge, application, name } = context.experiment;
  const singles = allUpstream(task, "steering", context).map((search) => readSingle(search, task, context));
  const prompted = allUpstream(task, "prompted", context).map((one) => readPrompting(one, singles, params, context));
  const combinations = allUpstream(task, "combination", context);
  const combined = combinations.map((combination) => readCombined(combination, task, context));
  const alone = [...new Set(combinations.flatMap((one) => allUpstream(one, "selection", context)))].map((selection) =>
    aloneOf(readSelection(selection, context), singles),
  );
  const results: Results = {
    format_version: 3,
    experiment: name,
    application,
    min_coherence: params.minCoherence,
    held_out: params.heldOut,
    confidence: params.confidence,
    judge_samples: judge?.provider === "openai" ? judge.samples : 0,
    rows: singles.map((single) => vectorRow(single, prompted, params)),
    prompting: prompted.map((prompting) => promptingRow(prompting, params)),
    combinations: combined.map((one) => combinationRow(one, singles, params)),
    combination_pairs: pairsOf([...alone, ...combined], params.confidence),
    positions: comparePositions(
      singles.flatMap(({ of, best, split: { reporting } }) =>
        best === undefined ? [] : [{ ...of, scores: best.scores, reporting }],
      ),
      params.confidence,
    ),
  };
  return new Map([[task.id, new Map([[outputPath(task, "results.json"), `${JSON.stringify(results, null, 2)}\n`]])]]);
};

/** A search with its finer grid, if there is one. */
function readSingle(search: SteeringTask, task: ResultsTask, context: TaskContext): Single {
  const { minCoherence, heldOut } = task.params;
  const unsteered = readBaseline(search, context).responses;
  const split = splitOf(heldOutQuestions(unsteered.length, heldOut));
  const refined = allUpstream(task, "refine", context).filter(({ needs }) => needs.includes(search.id));
  const all = [search, ...refined].flatMap((one) => readSteered(one, context));
  const isOwn = ({ method }: { readonly method: string }): boolean => method === search.params.method;
  const evaluations = all.filter(isOwn);
  const best = choose(evaluations, split, minCoherence);
  const random = all.filter((one) => !isOwn(one) && one.layer === best?.layer && one.coefficient === best.coefficient);
  return { of: search.params, unsteered, split, evaluations, best, random };
}

/** The vectors of its dataset are measured against the same unsteered answers. */
function readPrompting(
  task: PromptedTask,
  singles: readonly Single[],
  params: ResultsParams,
  context: TaskContext,
): Prompting {
  const measured = singles.find(({ of }) => of.dataset === task.params.dataset);
  if (measured === undefined) throw new Error(`Internal error: no vectors of ${task.params.dataset} are steered`);
  const { unsteered, split } = measured;
  const prompts = readPrompted(task, context).map((prompt) => ({ ...prompt, scores: prompt.responses }));
  return { unsteered, split, of: task.params, prompts, best: choose(prompts, split, params.minCoherence) };
}
