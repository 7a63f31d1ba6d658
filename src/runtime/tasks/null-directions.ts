import type { AskingParams } from "../../domain/task-params.ts";
import { randomDirection } from "../../methods/random.ts";
import { askAndJudge } from "./answers.ts";
import type { TaskContext } from "./context.ts";
import type { Evaluated } from "./steering-files.ts";

export interface NullParams extends AskingParams {
  readonly nullDirections: number;
  readonly nullSeed: number;
}

/** Random unit directions at a layer and coefficient: the same norm, and no meaning. */
export async function tryNullDirections(
  params: NullParams,
  { layer, coefficient }: { readonly layer: number; readonly coefficient: number },
  context: TaskContext,
): Promise<Evaluated[]> {
  if (params.nullDirections === 0) return [];
  const { hiddenSize } = await context.model(params.application);
  const directions = Array.from({ length: params.nullDirections }, (_, index) =>
    randomDirection(`${params.nullSeed}/${index}`, hiddenSize),
  );
  const configurations = directions.map((_, vector) => ({ steering: [{ layer, vector, coefficient }] }));
  const answers = await askAndJudge(params, configurations, directions, "random directions", context);
  return answers.map((scores) => ({ layer, coefficient, scores }));
}
