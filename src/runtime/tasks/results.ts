import type { ResultsTask } from "../../domain/task.ts";
import { onlyTask, outputPath, type Executor } from "./context.ts";
import type { SteeringBest } from "./steering.ts";

/** Every steering search's best, side by side. */
export interface Results {
  readonly format_version: 1;
  readonly experiment: string;
  readonly min_coherence: number;
  readonly rows: readonly SteeringBest[];
}

export const runResults: Executor<ResultsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const rows = context.experiment.tasks
    .filter((other) => other.kind === "steering" && task.needs.includes(other.id))
    .map(
      (steering) =>
        JSON.parse(Buffer.from(context.readFile(outputPath(steering, "best.json"))).toString()) as SteeringBest,
    );
  const results: Results = {
    format_version: 1,
    experiment: context.experiment.name,
    min_coherence: task.params.minCoherence,
    rows,
  };
  return new Map([[task.id, new Map([[outputPath(task, "results.json"), `${JSON.stringify(results, null, 2)}\n`]])]]);
};
