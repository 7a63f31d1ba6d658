import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Task } from "../../domain/task.ts";
import type { Bound } from "../bind/bound.ts";
import type { Cell } from "../bind/cell.ts";
import type { Checked } from "../check/check.ts";
import type { Files } from "../files/files.ts";
import { similarityTasks, weightsTasks, type AnalysisContext } from "./analysis.ts";
import { extractionCheckpoint, steeringCheckpoint } from "./checkpoints.ts";
import { addExtraction, type Extracted, type ExtractionContext } from "./extraction.ts";
import { datasetOf, sizeOf } from "./files.ts";
import { Inputs } from "./inputs.ts";
import { combinationTask, refineTask, selectionTasks } from "./later-steering.ts";
import { refineNames, steeringNames } from "./paths.ts";
import { promptedTask, systemPromptsByTrait } from "./prompting.ts";
import {
  askedOf,
  baselineTask,
  judgeParams,
  resultsTask,
  steeringTask,
  type Asked,
  type SteeringContext,
} from "./steering.ts";
import { TaskSet } from "./task-set.ts";

/**
 * From cells to tasks, phase by phase, in the spec's order. For a spec without errors only; the one thing that can still
 * be reported is two ways to make the same artifact.
 */
export function expand(bound: Bound, files: Files, checked: Checked, sink: DiagnosticSink): readonly Task[] {
  const tasks = new TaskSet(sink);
  const inputs = new Inputs(bound, files);
  const { checkpoints, engine } = bound.spec;
  const extracted = new Map<Cell, string>();
  const extraction = extractionContext(bound, files, checked, inputs);
  let before: Extracted | undefined;
  for (const cell of bound.cells) {
    before = addExtraction(cell, before, extraction, tasks);
    extracted.set(cell, before.vectors);
  }
  const vectors = [...new Set(extracted.values())];
  const traits = new Set(bound.cells.map(({ trait }) => trait.value)).size;
  const afterExtraction = gate(checkpoints && extractionCheckpoint(checkpoints, vectors, traits), tasks, bound);
  const context = steeringContext(bound, checked, inputs, afterExtraction);
  const afterSteering = context === undefined ? [] : expandSteering(bound, files, extracted, context, tasks);
  expandAnalysis(bound, files, { inputs, dtype: engine.dtype, vectors, after: afterSteering }, tasks);
  return tasks.ordered();
}

function extractionContext({ spec }: Bound, files: Files, { budgets }: Checked, inputs: Inputs): ExtractionContext {
  const { heldOut = 0, seed = 0, vetting } = spec.extraction ?? {};
  const { judge, engine } = spec;
  return {
    files,
    budgets,
    inputs,
    dtype: engine.dtype,
    heldOut,
    seed,
    vetting: vetting && judge && { thresholds: vetting.thresholds, judge: judgeParams(judge) },
  };
}

/** Adds a checkpoint, if there is one; answers what comes after it waits for. */
function gate(checkpoint: Task | undefined, tasks: TaskSet, { spec }: Bound): string[] {
  return checkpoint === undefined ? [] : [tasks.add(checkpoint, spec.place)];
}

/** A cell, what it asks, and the ids of what its search needs. */
interface Steered {
  readonly cell: Cell;
  readonly asked: Asked;
  readonly vectors: string;
  readonly baseline: string;
}

/** `extracted` has the vectors of every cell. Answers what waits for the steering checkpoint. */
function expandSteering(
  bound: Bound,
  files: Files,
  extracted: ReadonlyMap<Cell, string>,
  context: SteeringContext,
  tasks: TaskSet,
): string[] {
  const { spec, steered, combinations } = bound;
  const { steering } = context;
  const systemPrompts = systemPromptsByTrait(bound, files);
  const prompted = new Set<string>();
  let before: Steered | undefined;
  const all = steered.map((cell): Steered => {
    const same = before?.cell.trait === cell.trait && before.cell.dataset === cell.dataset ? before : undefined;
    const asked = same?.asked ?? askedOf(cell, datasetOf(files, cell.dataset.value), context);
    const baseline = same?.baseline ?? tasks.add(baselineTask(cell, asked, context), cell.dataset.place);
    const prompts = same === undefined ? systemPrompts.get(cell.trait.value) : undefined;
    if (prompts !== undefined) {
      prompted.add(tasks.add(promptedTask(cell, asked, prompts, context), cell.dataset.place));
    }
    before = { cell, asked, vectors: extracted.get(cell) as string, baseline };
    return before;
  });
  const ids = all.map(({ cell, asked, vectors, baseline }) =>
    tasks.add(steeringTask(cell, asked, [vectors, baseline], context), cell.dataset.place),
  );
  const refined = all.flatMap(({ cell, asked, vectors, baseline }, index) => {
    const task = refineTask(cell, asked, [vectors, baseline, ids[index] as string], context);
    return task === undefined ? [] : [tasks.add(task, cell.dataset.place)];
  });
  const searches = [...new Set([...ids, ...refined])];
  const afterSteering = gate(spec.checkpoints && steeringCheckpoint(spec.checkpoints, searches), tasks, bound);
  for (const task of selectionTasks(steered, combinations, context)) tasks.add(task, steering.place);
  const combined = combinations.map((combination) => {
    const dataset = datasetOf(files, combination.cell.dataset.value);
    const task = combinationTask(combination, dataset, { ...context, after: afterSteering });
    return tasks.add(task, combination.strategy.name.place);
  });
  tasks.add(resultsTask([...prompted, ...searches, ...combined], context), steering.place);
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
    steered
      .filter((cell) => cell.variant.value === variant)
      .flatMap((cell) => [steeringNames(cell).id, ...(spec.steering?.refine ? [refineNames(cell).id] : [])]);
  const size = sizeOf(files, similarity.captured.value);
  const minCoherence = spec.steering?.search.minCoherence ?? 0;
  const made = similarityTasks(spec.similarity, similarity, files.prompts, from, minCoherence, { ...context, size });
  for (const task of made) tasks.add(task, spec.similarity.place);
}

/** Undefined when nothing is steered. */
function steeringContext(
  { application, spec }: Bound,
  { layers, refineLayers }: Checked,
  inputs: Inputs,
  after: readonly string[],
): SteeringContext | undefined {
  const { steering, judge } = spec;
  if (steering === undefined) return undefined;
  if (steering.maxNewTokens === undefined || application === undefined || judge === undefined) {
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
