import { decodeSafetensors } from "../../domain/safetensors.ts";
import type { BaselineTask, RefineTask, SteeringTask, Task, TaskKind } from "../../domain/task.ts";
import { parseBaseline, type Baseline } from "./baseline.ts";
import { outputPath, type TaskContext } from "./context.ts";
import { readEvaluations, type StoredEvaluation } from "./steering-files.ts";

/** What tasks that steer, or that read what steering found, take from upstream. */

/** The upstream task of a kind. */
export function upstream<K extends TaskKind>(task: Task, kind: K, context: TaskContext): Extract<Task, { kind: K }> {
  const found = allUpstream(task, kind, context)[0];
  if (found === undefined) throw new Error(`Internal error: ${task.id} needs no ${kind}`);
  return found;
}

/** In the plan's order. */
export function allUpstream<K extends TaskKind>(
  task: Task,
  kind: K,
  context: TaskContext,
): Extract<Task, { kind: K }>[] {
  const needed = new Set(task.needs);
  return context.experiment.tasks.filter(
    (other): other is Extract<Task, { kind: K }> => other.kind === kind && needed.has(other.id),
  );
}

/** Unit vectors by layer, each [hidden]. */
export function readVectors(vectors: Task, context: TaskContext): Float32Array[] {
  const { data, shape } = decodeSafetensors(context.readFile(outputPath(vectors, "vectors.safetensors")), "vectors");
  const [layers = 0, hidden = 0] = shape;
  return Array.from({ length: layers }, (_, layer) => data.slice(layer * hidden, (layer + 1) * hidden));
}

export function readBaseline(task: Task, context: TaskContext): Baseline {
  const baseline: BaselineTask = upstream(task, "baseline", context);
  const path = outputPath(baseline, "baseline.json");
  return parseBaseline(path, context.readFile(path));
}

/** Every evaluation of a search or of its finer grid, random directions included. */
export function readSteered(task: SteeringTask | RefineTask, context: TaskContext): StoredEvaluation[] {
  const name = task.kind === "steering" ? "responses.jsonl" : "refined_responses.jsonl";
  return readEvaluations(Buffer.from(context.readFile(outputPath(task, name))).toString("utf8"));
}
