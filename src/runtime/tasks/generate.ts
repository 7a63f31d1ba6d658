import type { GenerateRow, Generated, Model } from "../../domain/engine.ts";
import type { TaskContext } from "./context.ts";
import { rowProgress } from "./row-progress.ts";

/** Rows whose responses are kept together when a run is stopped. As many as a batch: fewer would leave it half empty. */
const ROWS_A_STEP = 64;

/**
 * Generates in steps that outlive the run. In which step a row is changes nothing of its response: it depends on the row
 * alone. `doing` names the step within its task.
 */
export async function generateInSteps(
  model: Model,
  rows: readonly GenerateRow[],
  vectors: readonly Float32Array[],
  doing: string,
  context: TaskContext,
): Promise<Generated[]> {
  const generated: Generated[] = [];
  const report = rowProgress(doing, context);
  for (let first = 0; first < rows.length; first += ROWS_A_STEP) {
    const part = rows.slice(first, first + ROWS_A_STEP);
    const made = await context.step(`${doing} from ${first}`, () =>
      model.generate(part, vectors, ({ rowsDone, tokens }) =>
        report({ rowsDone: first + rowsDone, rows: rows.length, tokens: tokens + newTokens(generated) }),
      ),
    );
    generated.push(...made);
  }
  return generated;
}

function newTokens(generated: readonly Generated[]): number {
  return generated.reduce((sum, { ids }) => sum + ids.length, 0);
}
