import type { Experiment } from "../../domain/experiment.ts";
import { modelsOf } from "../tasks/index.ts";

/**
 * Variants whose models are in memory at the same time: a model stays from the first task that runs it to the last, and
 * two variants of the same weights are one model. Every set once, in the order in which they come about.
 */
export function loadedTogether({ tasks, variants }: Pick<Experiment, "tasks" | "variants">): string[][] {
  const last = new Map<string, number>();
  for (const [index, task] of tasks.entries()) for (const variant of modelsOf(task)) last.set(variant, index);
  const sets = new Map<string, string[]>();
  let loaded: string[] = [];
  for (const [index, task] of tasks.entries()) {
    loaded = [...new Set([...loaded, ...modelsOf(task)])].filter((variant) => last.get(variant)! >= index);
    const models = new Map(loaded.map((variant) => [variants.get(variant)?.weightsDir ?? variant, variant]));
    if (models.size > 0) sets.set([...models.keys()].toSorted().join("\n"), [...models.values()]);
  }
  return [...sets.values()];
}
