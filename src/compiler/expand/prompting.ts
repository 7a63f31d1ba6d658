import type { Task } from "../../domain/task.ts";
import { positiveSystemPrompts } from "../../domain/system-prompts.ts";
import type { Bound } from "../bind/bound.ts";
import type { Cell } from "../bind/cell.ts";
import { digestOf } from "../digest.ts";
import type { Files } from "../files/files.ts";
import { judgedCost } from "./cost.ts";
import { datasetOf } from "./files.ts";
import { named } from "./named.ts";
import { promptedNames } from "./paths.ts";
import { questionCount, type Asked, type SteeringContext } from "./steering.ts";

/** A dataset's positive system prompts. */
interface SystemPrompts {
  readonly of: string;
  readonly prompts: readonly string[];
}

/**
 * What a trait's vectors are compared with: its positive system prompts, from its first dataset in the matrix that has
 * some. A trait is not there when none has, or when the application has no place for a system prompt.
 */
export function systemPromptsByTrait({ cells, application }: Bound, files: Files): ReadonlyMap<string, SystemPrompts> {
  const found = new Map<string, SystemPrompts>();
  const variant = application?.value ?? "";
  const takesNone =
    files.models.get(variant)?.promptFormat === "raw" ||
    files.weights.get(variant)?.found?.takesSystemPrompts === false;
  if (takesNone) return found;
  for (const [of, { trait }] of new Map(cells.map((cell) => [cell.dataset.value, cell]))) {
    if (found.has(trait.value)) continue;
    const prompts = positiveSystemPrompts(datasetOf(files, of));
    if (prompts.length > 0) found.set(trait.value, { of, prompts });
  }
  return found;
}

export function promptedTask(
  cell: Cell,
  { dataset, params, inputs }: Asked,
  { of, prompts }: SystemPrompts,
  context: SteeringContext,
): Task {
  return named(promptedNames(dataset.ref, context.application), cell.dataset.place, {
    kind: "prompted",
    phase: "steering",
    params: { ...params, promptsOf: of },
    inputs: { ...inputs, system_prompts: digestOf(prompts) },
    needs: [],
    after: context.after,
    cost: judgedCost(prompts.length * questionCount(dataset, context), context),
  });
}
