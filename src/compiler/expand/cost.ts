import type { Dataset } from "../../domain/experiment.ts";
import type { JudgeParams, ResponsesParams } from "../../domain/task-params.ts";
import type { TaskCost } from "../../domain/task.ts";

/** Upper bounds of what tasks do; bytes are estimates. */

/** A JSON record's text and token ids, a token. */
const BYTES_PER_TOKEN = 12;
/** A JSON record besides its tokens: the prompt, its ids, the keys. */
const BYTES_PER_RECORD = 600;
/** A JSON record of which response it is, its scores and whether it is kept. */
const BYTES_PER_SCORE = 120;
const BYTES_PER_FLOAT = 4;
const BYTES_PER_HALF = 2;
/** A question in its chat format. */
const PROMPT_TOKENS = 60;
/** In JSON, with all its digits. */
const BYTES_PER_COSINE = 20;
/** A judge's prompt besides the answer: a rubric and a question. */
const JUDGE_PROMPT_TOKENS = 250;
/** Trait and coherence. */
const JUDGE_CALLS_PER_ANSWER = 2;

export interface Size {
  readonly layers: number;
  readonly hiddenSize: number;
}

export function responsesCost(dataset: Dataset, params: Pick<ResponsesParams, "maxNewTokens" | "rollouts">): TaskCost {
  return generating(rowsOf(dataset) * params.rollouts, params.maxNewTokens, 0);
}

/** Every response judged. */
export function vettingCost(dataset: Dataset, responses: ResponsesParams, judge: JudgeParams): TaskCost {
  const judged = judgedCost(rowsOf(dataset) * responses.rollouts, { maxNewTokens: responses.maxNewTokens, judge });
  return { ...judged, generations: 0, newTokens: 0, bytes: rowsOf(dataset) * responses.rollouts * BYTES_PER_SCORE };
}

export function activationsCost(dataset: Dataset, rollouts: number, { layers, hiddenSize }: Size): TaskCost {
  return writing(rowsOf(dataset) * rollouts * layers * hiddenSize * BYTES_PER_FLOAT);
}

export function vectorsCost({ layers, hiddenSize }: Size): TaskCost {
  return writing(layers * hiddenSize * BYTES_PER_FLOAT);
}

/** Answers of the application, each judged. */
export function judgedCost(
  answers: number,
  { maxNewTokens, judge }: { readonly maxNewTokens: number; readonly judge: JudgeParams },
): TaskCost {
  const replies = judge.provider === "openai" ? Math.max(1, judge.samples) : 1;
  return generating(answers, maxNewTokens, answers * JUDGE_CALLS_PER_ANSWER * replies);
}

export function captureCost(prompts: number, maxNewTokens: number, raw: boolean, size: Size): TaskCost {
  const { bytes, ...cost } = generating(prompts, maxNewTokens, 0);
  return { ...cost, bytes: bytes + residualBytes(prompts, maxNewTokens, raw, size) };
}

export function replayCost(prompts: number, maxNewTokens: number, raw: boolean, size: Size): TaskCost {
  return writing(generating(prompts, maxNewTokens, 0).bytes + residualBytes(prompts, maxNewTokens, raw, size));
}

/** Of every response: the residual stream at each token, with `raw` those of the prompt too, and its mean. */
function residualBytes(prompts: number, maxNewTokens: number, raw: boolean, { layers, hiddenSize }: Size): number {
  const tokens = raw ? (maxNewTokens + PROMPT_TOKENS) * BYTES_PER_FLOAT : maxNewTokens * BYTES_PER_HALF;
  return prompts * layers * hiddenSize * (tokens + BYTES_PER_FLOAT);
}

/** Each layer by prompt and, mean and deviation, by token. */
export function similarityCost(prompts: number, maxNewTokens: number, { layers }: Size): TaskCost {
  return writing(layers * (prompts + 2 * maxNewTokens) * BYTES_PER_COSINE);
}

/** A table of so many numbers, as JSON. */
export function tableCost(numbers: number): TaskCost {
  return writing(numbers * BYTES_PER_TOKEN);
}

export function resultsCost(rows: number): TaskCost {
  return writing(rows * BYTES_PER_RECORD);
}

function generating(generations: number, maxNewTokens: number, judgeCalls: number): TaskCost {
  const newTokens = generations * maxNewTokens;
  const judgeTokens = judgeCalls * (JUDGE_PROMPT_TOKENS + maxNewTokens);
  const bytes = generations * BYTES_PER_RECORD + newTokens * BYTES_PER_TOKEN;
  return { generations, newTokens, judgeCalls, judgeTokens, bytes };
}

function writing(bytes: number): TaskCost {
  return { generations: 0, newTokens: 0, judgeCalls: 0, judgeTokens: 0, bytes };
}

function rowsOf({ positive, negative }: Dataset): number {
  return positive.length + negative.length;
}
