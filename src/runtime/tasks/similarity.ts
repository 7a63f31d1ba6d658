import { setImmediate as nextTurn } from "node:timers/promises";
import type { CaptureTask, ReplayTask, SimilarityTask } from "../../domain/task.ts";
import { rowCosines } from "../../math/cosine.ts";
import { Interrupted, RuntimeFailure } from "../failures.ts";
import { readCaptured, readResiduals, responsesPath, type CapturedResponse } from "./capture-files.ts";
import { neededTask, onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { formatDocument, similarityDocument, type PromptSimilarity } from "./similarity-document.ts";
import { transferCurves } from "./similarity-transfer.ts";

/** How alike two variants' residual streams over the same tokens are, and whether that goes with how vectors transfer. */
export const runSimilarity: Executor<SimilarityTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { experiment } = context;
  const capture = neededTask(task, "capture", experiment);
  const replay = neededTask(task, "replay", experiment);
  const [captured, replayed] = [readCaptured(capture, context), readCaptured(replay, context)];
  requireSameTokens(capture, captured, replay, replayed);
  const prompts: (PromptSimilarity | undefined)[] = [];
  for (const response of captured) {
    // Files of tens of megabytes: the terminal lives in between, and Ctrl-C is heard.
    await nextTurn();
    if (context.signal.aborted) throw new Interrupted();
    prompts.push(response.response_ids.length === 0 ? undefined : compare(capture, replay, response, context));
    context.progress({ done: prompts.length, total: captured.length, unit: "rows", doing: "comparing" });
  }
  const document = similarityDocument(task.params, prompts, transferCurves(task, context));
  return new Map([[task.id, new Map([[outputPath(task, "results.json"), formatDocument(document)]])]]);
};

/** Both sides' residuals of one response, layer by layer: of the means, and token by token. */
function compare(
  capture: CaptureTask,
  replay: ReplayTask,
  response: CapturedResponse,
  context: TaskContext,
): PromptSimilarity {
  const ours = readResiduals(capture, response, context);
  const theirs = readResiduals(replay, response, context);
  if (ours.layers !== theirs.layers || ours.hidden !== theirs.hidden) {
    throw new Error(`Internal error: residuals of different shapes for prompt ${response.id}`);
  }
  const means = rowCosines(ours.mean, theirs.mean, ours.hidden);
  const tokens = rowCosines(ours.tokens, theirs.tokens, ours.hidden);
  if (![...means, ...tokens].every(Number.isFinite)) {
    throw new RuntimeFailure(
      "not-finite",
      `The residual streams at the response to prompt ${response.id} have no angle: one of them is zero or infinite.`,
      "The weights may be damaged. Apply again with sound ones.",
    );
  }
  return { layers: ours.layers, means, tokens };
}

/** One rule for positions on both sides: the same ids, token by token. */
function requireSameTokens(
  capture: CaptureTask,
  captured: readonly CapturedResponse[],
  replay: ReplayTask,
  replayed: readonly CapturedResponse[],
): void {
  const tokens = (responses: readonly CapturedResponse[]) =>
    responses.map(({ id, response_ids }) => JSON.stringify([id, response_ids]));
  const [ours, theirs] = [tokens(captured), tokens(replayed)];
  if (ours.length === theirs.length && ours.every((one, index) => one === theirs[index])) return;
  throw new RuntimeFailure(
    "artifact-damaged",
    `${responsesPath(capture)} and ${responsesPath(replay)} do not hold the same response tokens.`,
    "Delete the second and apply again: the responses are then replayed anew.",
  );
}
