import { heldOutQuestions } from "../../domain/held-out.ts";
import type { SelectionTask, SteeringTask } from "../../domain/task.ts";
import { choose, splitOf, summarise, type ScoredEvaluation } from "../effect.ts";
import { onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { allUpstream, readSteered } from "./steering-inputs.ts";

/** The best vector of one trait and source. */
export interface Selection {
  readonly format_version: 1;
  readonly trait: string;
  readonly source: string;
  /** Absent when no vector stayed coherent. */
  readonly best?: SelectedVector;
}

export interface SelectedVector {
  readonly dataset: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  readonly layer: number;
  readonly coefficient: number;
  /** On the questions that chose it. */
  readonly selected: { readonly trait_mean: number | null; readonly coherence_mean: number | null };
}

/** Looks at every search of a source and names the best vector. */
export const runSelection: Executor<SelectionTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { trait, source, minCoherence, heldOut } = task.params;
  const candidates = allUpstream(task, "steering", context).flatMap((search) =>
    evaluationsOf(search, task, context).map((evaluation) => ({ ...evaluation, search })),
  );
  const questions = candidates[0]?.scores.length ?? 0;
  const split = splitOf(heldOutQuestions(questions, heldOut));
  const best = choose(candidates, split, minCoherence);
  const selection: Selection = {
    format_version: 1,
    trait,
    source,
    ...(best === undefined ? {} : { best: describe(best, best.search, split.selecting) }),
  };
  return new Map([[task.id, new Map([[onlyOutput(task), `${JSON.stringify(selection, null, 2)}\n`]])]]);
};

/** A search's, and those of its finer grid; random directions are no candidates. */
function evaluationsOf(search: SteeringTask, task: SelectionTask, context: TaskContext): ScoredEvaluation[] {
  const refined = allUpstream(task, "refine", context).filter(({ needs }) => needs.includes(search.id));
  return [search, ...refined]
    .flatMap((one) => readSteered(one, context))
    .filter(({ method }) => method === search.params.method);
}

function describe(
  { layer, coefficient, scores }: ScoredEvaluation,
  { params }: SteeringTask,
  selecting: readonly number[],
): SelectedVector {
  const { dataset, variant, position, method } = params;
  const { trait_mean, coherence_mean } = summarise(scores, selecting);
  return { dataset, variant, position, method, layer, coefficient, selected: { trait_mean, coherence_mean } };
}

export function readSelection(task: SelectionTask, context: TaskContext): Selection {
  return JSON.parse(Buffer.from(context.readFile(onlyOutput(task))).toString("utf8")) as Selection;
}

function onlyOutput(task: SelectionTask): string {
  return outputPath(task, `${task.params.source}.json`);
}
