import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Task } from "../../domain/task.ts";
import type { Bound } from "../bind/bound.ts";
import type { Cell } from "../bind/cell.ts";
import type { Checked } from "../check/check.ts";
import type { Files } from "../files/files.ts";
import { similarityTasks, weightsTasks, type AnalysisContext } from "./analysis.ts";
import { extractionCheckpoint, steeringCheckpoint } from "./checkpoints.ts";
import type { Size } from "./cost.ts";
import { addExtraction, type Extracted } from "./extraction.ts";
import { Inputs } from "./inputs.ts";
import { combinationTask, refineTask, selectionTasks } from "./later-steering.ts";
import { steeringNames } from "./paths.ts";
import { baselineTask, judgeParams, resultsTask, steeringTask, type SteeringContext } from "./steering.ts";
import { TaskSet } from "./task-set.ts";

/**
 * From cells to tasks, phase by phase, in the spec's order. For a spec without errors only; the one thing that can still
 * be reported is two ways to make the same artifact.
 */
export function expand(bound: Bound, files: Files, checked: Checked, sink: DiagnosticSink): Task[] {
  const tasks = new TaskSet(sink);
  const inputs = new Inputs(bound, files);
  const { checkpoints, engine } = bound.spec;
  const extracted = new Set<string>();
  let before: Extracted | undefined;
  for (const cell of bound.cells) {
    const size = sizeOf(files, cell.variant.value);
    const context = { dataset: datasetOf(files, cell), size, budgets: checked.budgets, inputs, dtype: engine.dtype };
    before = addExtraction(cell, before, context, tasks);
    extracted.add(before.vectors);
  }
  const vectors = [...extracted];
  const traits = new Set(bound.cells.map(({ trait }) => trait.value)).size;
  const afterExtraction = gate(checkpoints && extractionCheckpoint(checkpoints, vectors, traits), tasks, bound);
  const afterSteering = expandSteering(bound, files, checked, inputs, afterExtraction, tasks);
  expandAnalysis(bound, files, { inputs, dtype: engine.dtype, vectors, after: afterSteering }, tasks);
  return tasks.all();
}

/** Adds a checkpoint, if there is one; answers what comes after it waits for. */
function gate(checkpoint: Task | undefined, tasks: TaskSet, { spec }: Bound): string[] {
  return checkpoint === undefined ? [] : [tasks.add(checkpoint, spec.place)];
}

/** Answers what waits for the steering checkpoint. */
function expandSteering(
  bound: Bound,
  files: Files,
  checked: Checked,
  inputs: Inputs,
  after: readonly string[],
  tasks: TaskSet,
): string[] {
  const { spec, steered, combinations } = bound;
  if (spec.steering === undefined) return [];
  const context = steeringContext(bound, checked, inputs, after);
  for (const [index, cell] of steered.entries()) {
    const { trait, dataset } = steered[index - 1] ?? {};
    if (cell.trait === trait && cell.dataset === dataset) continue;
    tasks.add(baselineTask(cell, datasetOf(files, cell), context), cell.dataset.place);
  }
  const ids = steered.map((cell) => tasks.add(steeringTask(cell, datasetOf(files, cell), context), cell.dataset.place));
  const refined = steered.flatMap((cell) => {
    const task = refineTask(cell, datasetOf(files, cell), context);
    return task === undefined ? [] : [tasks.add(task, cell.dataset.place)];
  });
  const searches = [...new Set([...ids, ...refined])];
  const afterSteering = gate(spec.checkpoints && steeringCheckpoint(spec.checkpoints, searches), tasks, bound);
  for (const task of selectionTasks(steered, combinations, context)) tasks.add(task, spec.steering.place);
  const combined = combinations.map((combination) => {
    const task = combinationTask(combination, datasetOf(files, combination.cell), { ...context, after: afterSteering });
    return tasks.add(task, combination.strategy.name.place);
  });
  tasks.add(resultsTask([...searches, ...combined], context), spec.steering.place);
  return afterSteering;
}

function expandAnalysis(
  { spec, steered, compared, similarity }: Bound,
  files: Files,
  context: Omit<AnalysisContext, "size">,
  tasks: TaskSet,
): void {
  if (spec.weightAnalysis !== undefined && compared !== undefined) {
    const size = sizeOf(files, compared.to.value);
    for (const task of weightsTasks(spec.weightAnalysis, compared, { ...context, size })) {
      tasks.add(task, spec.weightAnalysis.place);
    }
  }
  if (spec.similarity === undefined || similarity === undefined) return;
  const from = (variant: string): string[] =>
    steered.filter((cell) => cell.variant.value === variant).map((cell) => steeringNames(cell).id);
  const size = sizeOf(files, similarity.captured.value);
  const minCoherence = spec.steering?.search.minCoherence ?? 0;
  const made = similarityTasks(spec.similarity, similarity, files.prompts, from, minCoherence, { ...context, size });
  for (const task of made) tasks.add(task, spec.similarity.place);
}

function steeringContext(
  { application, spec }: Bound,
  { layers, refineLayers }: Checked,
  inputs: Inputs,
  after: readonly string[],
): SteeringContext {
  const { steering, judge } = spec;
  if (steering?.maxNewTokens === undefined || application === undefined || judge === undefined) {
    throw new Error("Internal error: steering was not checked");
  }
  return {
    steering,
    maxNewTokens: steering.maxNewTokens.value,
    layers,
    refineLayers,
    application: application.value,
    dtype: spec.engine.dtype,
    judge: judgeParams(judge),
    inputs,
    after,
  };
}

function datasetOf(files: Files, cell: Cell) {
  const dataset = files.datasets.get(cell.dataset.value);
  if (dataset === undefined) throw new Error(`Internal error: dataset ${cell.dataset.value} was not read`);
  return dataset;
}

function sizeOf(files: Files, variant: string): Size {
  const model = files.models.get(variant);
  if (model === undefined) throw new Error(`Internal error: the model of ${variant} was not read`);
  return { layers: model.layers.value, hiddenSize: model.hiddenSize.value };
}
