import type { Captured, CaptureRow, Model } from "../../domain/engine.ts";
import type { TaskContext } from "./context.ts";
import { rowProgress } from "./row-progress.ts";

/** Rows whose residuals are kept together when a run is stopped. */
const ROWS_A_STEP = 64;

/**
 * Captures in steps that outlive the run; in which step a row is changes nothing of it. `doing` names what is captured:
 * other pools are other steps.
 */
export async function captureInSteps(
  model: Model,
  rows: readonly CaptureRow[],
  doing: string,
  context: TaskContext,
): Promise<Captured[]> {
  const captured: Captured[] = [];
  const report = rowProgress("capturing", context);
  let tokens = 0;
  for (let first = 0; first < rows.length; first += ROWS_A_STEP) {
    const part = rows.slice(first, first + ROWS_A_STEP);
    const bytes = await context.bytesStep(`${doing} from ${first}`, async () =>
      pack(
        await model.capture(part, (progress) =>
          report({ rowsDone: first + progress.rowsDone, rows: rows.length, tokens: tokens + progress.tokens }),
        ),
      ),
    );
    captured.push(...unpack(bytes, part, model));
    tokens += part.reduce((sum, { ids }) => sum + ids.length, 0);
  }
  return captured;
}

/** Row by row: means, then norms. */
function pack(captured: readonly Captured[]): Uint8Array {
  const floats = captured.reduce((sum, { means, norms }) => sum + means.length + norms.length, 0);
  const packed = new Float32Array(floats);
  let at = 0;
  for (const { means, norms } of captured) {
    packed.set(means, at);
    packed.set(norms, at + means.length);
    at += means.length + norms.length;
  }
  return new Uint8Array(packed.buffer);
}

function unpack(bytes: Uint8Array, rows: readonly CaptureRow[], { layers, hiddenSize }: Model): Captured[] {
  const packed = new Float32Array(bytes.slice().buffer);
  let at = 0;
  const take = (count: number): Float32Array => packed.subarray(at, (at += count));
  return rows.map(({ pools }) => ({
    means: take(pools.length * layers * hiddenSize),
    norms: take(pools.length * layers),
  }));
}
