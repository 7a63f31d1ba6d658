import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Task } from "../../domain/task.ts";
import type { Bound } from "../bind/bound.ts";
import type { Cell } from "../bind/cell.ts";
import type { Checked } from "../check/check.ts";
import type { Files } from "../files/files.ts";
import { extractionTasks } from "./extraction.ts";
import { Inputs } from "./inputs.ts";
import { baselineTask, judgeParams, resultsTask, steeringTask, type SteeringContext } from "./steering.ts";
import { TaskSet } from "./task-set.ts";

/**
 * From cells to tasks, in the spec's order: extraction, then steering, then results. For a spec without errors only;
 * the one thing that can still be reported is two ways to make the same artifact.
 */
export function expand(bound: Bound, files: Files, checked: Checked, sink: DiagnosticSink): Task[] {
  const tasks = new TaskSet(sink);
  const inputs = new Inputs(bound, files);
  for (const cell of bound.cells) {
    const { layers, hiddenSize } = modelOf(files, cell.variant.value);
    const size = { layers: layers.value, hiddenSize: hiddenSize.value };
    const context = {
      dataset: datasetOf(files, cell),
      size,
      budgets: checked.budgets,
      inputs,
      dtype: bound.spec.engine.dtype,
    };
    for (const task of extractionTasks(cell, context)) tasks.add(task, cell.generate.place);
  }
  const context = steeringContext(bound, checked, inputs);
  if (context !== undefined) expandSteering(bound, files, context, tasks);
  return tasks.all();
}

function expandSteering({ steered }: Bound, files: Files, context: SteeringContext, tasks: TaskSet): void {
  for (const cell of steered) tasks.add(baselineTask(cell, datasetOf(files, cell), context), cell.dataset.place);
  const ids = steered.map((cell) => tasks.add(steeringTask(cell, datasetOf(files, cell), context), cell.dataset.place));
  tasks.add(resultsTask([...new Set(ids)], context), context.steering.place);
}

function steeringContext(bound: Bound, { layers }: Checked, inputs: Inputs): SteeringContext | undefined {
  const { application, spec } = bound;
  const { steering, judge } = spec;
  if (steering === undefined) return undefined;
  if (application === undefined || judge === undefined || steering.maxNewTokens === undefined) {
    throw new Error("Internal error: steering was not checked");
  }
  const { maxNewTokens } = steering;
  const { dtype } = spec.engine;
  return { steering, maxNewTokens, layers, application: application.value, dtype, judge: judgeParams(judge), inputs };
}

function datasetOf(files: Files, cell: Cell) {
  const dataset = files.datasets.get(cell.dataset.value);
  if (dataset === undefined) throw new Error(`Internal error: dataset ${cell.dataset.value} was not read`);
  return dataset;
}

function modelOf(files: Files, variant: string) {
  const model = files.models.get(variant);
  if (model === undefined) throw new Error(`Internal error: the model of ${variant} was not read`);
  return model;
}
