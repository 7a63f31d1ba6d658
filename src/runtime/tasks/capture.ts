import type { GenerateRow, Model, Prompt, Sampling } from "../../domain/engine.ts";
import type { CaptureParams } from "../../domain/task-params.ts";
import type { CaptureTask } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import { formatCaptured, responsesPath, type CapturedResponse } from "./capture-files.ts";
import { captureResiduals } from "./capture-residuals.ts";
import { neededTask, onlyTask, outputPath, variantOf, type Executor, type TaskContext } from "./context.ts";
import { generateInSteps } from "./generate.ts";
import { parsePrompts, type InferencePrompt } from "./prompts.ts";

/** A variant answers every prompt, in its own format, and reads its answers: the residual stream at each token of them. */
export const runCapture: Executor<CaptureTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const prompts = readPrompts(task, context);
  const { promptFormat } = variantOf(context.experiment, params.variant);
  const model = await context.model(params.variant);
  const rows = prompts.map((prompt): GenerateRow => ({
    promptIds: encodePrompt(model, promptFormat, prompt, params.variant, params.maxNewTokens),
    maxNewTokens: params.maxNewTokens,
    sampling: samplingOf(params, prompt),
    steering: [],
  }));
  const generated = await generateInSteps(model, rows, [], "answering", context);
  const responses = generated.map(({ ids, finish }, index): CapturedResponse => {
    const { id, text, note } = prompts[index] as InferencePrompt;
    const { promptIds } = rows[index] as GenerateRow;
    return { id, note, prompt: text, response: model.decode(ids), finish, prompt_ids: promptIds, response_ids: ids };
  });
  const outputs = await captureResiduals(task, responses, context);
  outputs.set(responsesPath(task), formatCaptured(responses));
  return new Map([[task.id, outputs]]);
};

/** Throws RuntimeFailure `prompt-too-long` when the model's context has no room for the prompt and its response. */
export function encodePrompt(
  model: Model,
  format: Prompt["format"],
  { id, text }: Pick<InferencePrompt, "id" | "text">,
  variant: string,
  responseTokens: number,
): number[] {
  const prompt: Prompt = format === "chat" ? { format, messages: [{ role: "user", content: text }] } : { format, text };
  const ids = model.encode(prompt);
  if (ids.length + responseTokens <= model.maxPositions) return ids;
  throw new RuntimeFailure(
    "prompt-too-long",
    `Prompt ${id}, "${beginningOf(text)}", has ${ids.length} tokens for ${variant}: with ${responseTokens} of its response they exceed the model's context of ${model.maxPositions}.`,
    "Shorten the question in the steering.json of its trait, or lower activation_similarity.generate.max_new_tokens.",
  );
}

function beginningOf(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function readPrompts(task: CaptureTask, context: TaskContext): readonly InferencePrompt[] {
  const path = outputPath(neededTask(task, "prompts", context.experiment), "steering_questions.json");
  return parsePrompts(path, context.readFile(path));
}

/** Each prompt has its own seed. */
function samplingOf({ temperature, topP, seed }: CaptureParams, { id }: InferencePrompt): Sampling {
  return temperature === 0 ? { temperature } : { temperature, topP, seed: `${seed}/prompt/${id}` };
}
