import { EngineFailure, type Captured, type Model } from "../../domain/engine.ts";
import type { OutputRecord } from "../../domain/state.ts";
import type { ReplayParams } from "../../domain/task-params.ts";
import type { CaptureTask, ReplayTask } from "../../domain/task.ts";
import { formatResiduals, residualsPath, type CapturedResponse, type Residuals } from "./capture-files.ts";
import type { Outputs, TaskContext } from "./context.ts";
import { formatRawCapture } from "./raw-capture.ts";
import { rowProgress } from "./row-progress.ts";

/** Numbers that one call of the model may answer with, 64 MB of them: the memory bound. Never changes a result. */
export const NUMBERS_A_CALL: number = 2 ** 24;

/**
 * Reads every response and writes its residual stream, a file a response, at once: all of them together may be larger than
 * memory. A run that is stopped goes on after the last file. Answers the files.
 *
 * The one rule for positions: response position t is the residual at the token with response id t. With `raw`, the prompt's
 * tokens are read as well.
 */
export async function captureResiduals(
  task: CaptureTask | ReplayTask,
  responses: readonly CapturedResponse[],
  context: TaskContext,
  numbersACall: number = NUMBERS_A_CALL,
): Promise<Outputs> {
  const { variant, raw } = task.params;
  const model = await context.model(variant);
  const { layers, hiddenSize } = model;
  const report = rowProgress("reading", context);
  const outputs: Outputs = new Map();
  let tokens = 0;
  for (const group of groupsOf(responses, raw, Math.floor(numbersACall / (layers * hiddenSize)))) {
    const ids = group.map(({ id }) => id);
    const written = await context.step(`residuals of ${ids[0]} to ${ids.at(-1)}`, async (): Promise<OutputRecord[]> => {
      const residuals = await residualsOf(model, group, task.params, numbersACall);
      return residuals.map((one, index) => {
        const { id, prompt_ids, response, response_ids } = group[index] as CapturedResponse;
        const prompt = { text: model.spell(prompt_ids), ids: prompt_ids, residuals: one.prompt };
        const answer = { text: response, ids: response_ids, residuals: one.tokens };
        const file = raw ? formatRawCapture(model, prompt, answer, one.mean) : formatResiduals(one, layers, hiddenSize);
        return context.writeFile(residualsPath(task, id), file);
      });
    });
    for (const record of written) outputs.set(record.path, record);
    tokens += group.reduce((sum, { prompt_ids, response_ids }) => sum + prompt_ids.length + response_ids.length, 0);
    report({ rowsDone: outputs.size, rows: responses.length, tokens });
  }
  return outputs;
}

/** The first token that is read, of the prompt and the response. */
function firstRead({ prompt_ids }: CapturedResponse, raw: boolean): number {
  return raw ? 0 : prompt_ids.length;
}

/** How many tokens are read. */
function lengthOf(response: CapturedResponse, raw: boolean): number {
  return response.prompt_ids.length + response.response_ids.length - firstRead(response, raw);
}

/** Responses that fit into one call, padded to the longest of them; one that does not fit is alone. */
function groupsOf(responses: readonly CapturedResponse[], raw: boolean, tokensACall: number): CapturedResponse[][] {
  const groups: CapturedResponse[][] = [];
  let [group, longest]: [CapturedResponse[], number] = [[], 0];
  for (const response of responses) {
    longest = Math.max(longest, lengthOf(response, raw));
    if (group.length > 0 && (group.length + 1) * longest > tokensACall) {
      groups.push(group);
      [group, longest] = [[], lengthOf(response, raw)];
    }
    group.push(response);
  }
  return group.length > 0 ? [...groups, group] : groups;
}

/** In the responses' order. Throws EngineFailure. */
async function residualsOf(
  model: Model,
  responses: readonly CapturedResponse[],
  { variant, raw }: ReplayParams,
  numbersACall: number,
): Promise<Residuals[]> {
  const size = model.layers * model.hiddenSize;
  const lengths = responses.map((response) => lengthOf(response, raw));
  // Tokens of the prompt, which are in no mean.
  const before = responses.map(({ prompt_ids }) => (raw ? prompt_ids.length : 0));
  const residuals = lengths.map((length) => ({
    tokens: new Float32Array(length * size),
    sums: new Float64Array(size),
  }));
  // Only a lone long one takes several calls, each for a stretch of its tokens.
  const stretch = Math.max(1, Math.floor(numbersACall / (size * responses.length)));
  for (let from = 0; from < Math.max(...lengths); from += stretch) {
    const present = [...lengths.keys()].filter((index) => from < (lengths[index] as number));
    const captured = await capture(
      model,
      present.map((index) => {
        const response = responses[index] as CapturedResponse;
        const count = Math.min(stretch, (lengths[index] as number) - from);
        return { response, first: firstRead(response, raw) + from, count };
      }),
      variant,
    );
    for (const [place, index] of present.entries()) {
      const { means } = captured[place] as Captured;
      const { tokens, sums } = residuals[index] as (typeof residuals)[number];
      tokens.set(means, from * size);
      const firstInMean = Math.max(0, (before[index] as number) - from);
      for (let token = firstInMean * size; token < means.length; token += size) {
        for (let at = 0; at < size; at++) sums[at]! += means[token + at]!;
      }
    }
  }
  return residuals.map(({ tokens, sums }, index) => {
    const prompt = before[index] as number;
    return {
      prompt: tokens.subarray(0, prompt * size),
      tokens: tokens.subarray(prompt * size),
      mean: Float32Array.from(sums, (sum) => sum / ((lengths[index] as number) - prompt)),
    };
  });
}

/** Some of a response's tokens, and of its prompt's before it. */
interface Stretch {
  readonly response: CapturedResponse;
  readonly first: number;
  readonly count: number;
}

/** A pool for each token of a stretch: its mean is the token's own residual. */
async function capture(model: Model, stretches: readonly Stretch[], variant: string): Promise<Captured[]> {
  const rows = stretches.map(({ response: { prompt_ids, response_ids }, first, count }) => ({
    ids: [...prompt_ids, ...response_ids],
    pools: Array.from({ length: count }, (_, token) => [first + token]),
  }));
  try {
    return await model.capture(rows);
  } catch (error) {
    if (!(error instanceof EngineFailure) || error.kind !== "not-finite") throw error;
    const which = stretches.map(({ response }) => response.id).join(", ");
    const message = `The residual stream of ${variant} came out as NaN or infinity at the response to prompt ${which}.`;
    throw new EngineFailure(error.kind, message, error.hint);
  }
}
