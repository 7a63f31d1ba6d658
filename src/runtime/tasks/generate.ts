import type { GenerateRow, Generated, Model, Provider } from "../../domain/engine.ts";
import type { TaskContext } from "./context.ts";
import { rowProgress } from "./row-progress.ts";

/**
 * Rows whose responses are kept together when a run is stopped. As many as make a batch, which fewer would leave half empty:
 * on a GPU, all rows of a search's step.
 */
const ROWS_A_STEP: Readonly<Record<Provider, number>> = { cpu: 64, cuda: 512, webgpu: 512 };

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
  const size = ROWS_A_STEP[model.provider];
  for (let first = 0; first < rows.length; first += size) {
    const part = rows.slice(first, first + size);
    // Resumed on another provider, the steps are others.
    const made = await context.step(`${doing}, rows ${first} to ${first + part.length}`, () =>
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
