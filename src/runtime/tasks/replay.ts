import type { Model } from "../../domain/engine.ts";
import type { ReplayTask } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import { encodePrompt } from "./capture.ts";
import { formatCaptured, readCaptured, responsesPath, type CapturedResponse } from "./capture-files.ts";
import { captureResiduals } from "./capture-residuals.ts";
import { neededTask, onlyTask, variantOf, type Executor } from "./context.ts";

/**
 * Another variant reads the same response tokens, after the prompt in its own format: a base model sees the question as
 * raw text. That the contexts differ is meant, since vectors that are transferred cross the same difference.
 */
export const runReplay: Executor<ReplayTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { variant } = task.params;
  const capture = neededTask(task, "capture", context.experiment);
  const { promptFormat } = variantOf(context.experiment, variant);
  const model = await context.model(variant);
  const responses = readCaptured(capture, context).map((captured): CapturedResponse => {
    requireSameTokens(model, captured, capture.params.variant, variant);
    const { id, prompt: text, response_ids } = captured;
    return { ...captured, prompt_ids: encodePrompt(model, promptFormat, { id, text }, variant, response_ids.length) };
  });
  const outputs = await captureResiduals(task, responses, context);
  outputs.set(responsesPath(task), formatCaptured(responses));
  return new Map([[task.id, outputs]]);
};

/** The ids have to mean the same text to both variants: other tokens would be compared otherwise. */
function requireSameTokens(model: Model, captured: CapturedResponse, from: string, to: string): void {
  const { id, response, response_ids } = captured;
  const known = response_ids.every((token) => token < model.vocabSize);
  if (known && model.decode(response_ids) === response) return;
  throw new RuntimeFailure(
    "unsupported-model",
    `${to} does not read the token ids of the response to prompt ${id} as the text that ${from} wrote: their vocabularies differ.`,
    `Replay with a variant that has the tokenizer of ${from}: another training of the same model.`,
  );
}
