import { decodeSafetensors, SafetensorsError } from "../../domain/safetensors.ts";
import { encodeSafetensors } from "../../domain/safetensors-encode.ts";
import type { CaptureTask, ReplayTask } from "../../domain/task.ts";
import { toFloat16 } from "../../math/float16.ts";
import { RuntimeFailure } from "../failures.ts";
import { TorchFileError } from "../torch/tensor.ts";
import { outputPath, type TaskContext } from "./context.ts";
import { readRawCapture } from "./raw-capture.ts";

/** The files of a capture and of a replay: the responses, and the residual stream over each. */

/** A variant's reading of a response: the prompt in its own format, and the tokens that were generated. */
export interface CapturedResponse {
  /** Of the prompt. */
  readonly id: number;
  readonly note: string;
  readonly prompt: string;
  readonly response: string;
  readonly finish: "eos" | "length";
  readonly prompt_ids: readonly number[];
  readonly response_ids: readonly number[];
}

/** Over one response. */
export interface Residuals {
  /** The residual at each token of its prompt, where that is kept; else empty: [token, layer, hidden] */
  readonly prompt: Float32Array;
  /** The residual at each response token: [token, layer, hidden] */
  readonly tokens: Float32Array;
  /** Its mean over the tokens: [layer, hidden] */
  readonly mean: Float32Array;
}

const AGAIN = "Delete it and apply again: its task then runs again.";

/** A JSON array with a response a line. */
export function formatCaptured(responses: readonly CapturedResponse[]): string {
  return `[\n${responses.map((response) => JSON.stringify(response)).join(",\n")}\n]\n`;
}

export function responsesPath({ outputs: [path] }: CaptureTask | ReplayTask): string {
  if (path === undefined) throw new Error("Internal error: a capture without outputs");
  return path;
}

export function residualsPath(task: CaptureTask | ReplayTask, id: number): string {
  return outputPath(task, `${id}.${task.params.raw ? "pt" : "safetensors"}`);
}

/** Throws RuntimeFailure `artifact-damaged`. */
export function readCaptured(task: CaptureTask | ReplayTask, context: TaskContext): readonly CapturedResponse[] {
  const path = responsesPath(task);
  try {
    const parsed: unknown = JSON.parse(Buffer.from(context.readFile(path)).toString());
    if (Array.isArray(parsed)) return parsed as CapturedResponse[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure("artifact-damaged", `${path} is not a response file any more.`, AGAIN);
}

/** A cosine of halves is off by about 2⁻¹² / √hidden: less than 1e-5 from here on. */
export const WIDE_ENOUGH_FOR_HALVES = 1024;

/**
 * Tokens are stored as halves, which saves half the disk; as fp32 where residuals are narrow, and where a number is beyond
 * the halves' range. An empty response has tokens [0, layers, hidden], and no mean.
 */
export function formatResiduals(
  { tokens, mean }: Omit<Residuals, "prompt">,
  layers: number,
  hidden: number,
): Uint8Array {
  const halves = hidden >= WIDE_ENOUGH_FOR_HALVES ? toFloat16(tokens) : undefined;
  return encodeSafetensors({
    response: { shape: [tokens.length / (layers * hidden), layers, hidden], data: halves ?? tokens },
    ...(tokens.length > 0 && { response_mean: { shape: [layers, hidden], data: mean } }),
  });
}

export interface StoredResiduals extends Omit<Residuals, "prompt"> {
  readonly layers: number;
  readonly hidden: number;
}

/** Of a response that is not empty. Throws RuntimeFailure `artifact-damaged`. */
export function readResiduals(
  task: CaptureTask | ReplayTask,
  { id, response_ids }: CapturedResponse,
  context: TaskContext,
): StoredResiduals {
  const path = residualsPath(task, id);
  const damaged = (why: string) => new RuntimeFailure("artifact-damaged", `${path} ${why}.`, AGAIN);
  const bytes = context.readFile(path);
  try {
    const stored = task.params.raw ? readRawCapture(bytes) : readCompact(bytes);
    const count = stored.tokens.length / (stored.layers * stored.hidden);
    if (count !== response_ids.length) throw damaged(`has ${count} rows for ${response_ids.length} response tokens`);
    return stored;
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof TorchFileError) throw damaged(error.message);
    throw error;
  }
}

function readCompact(bytes: Uint8Array): StoredResiduals {
  const { shape, data: tokens } = decodeSafetensors(bytes, "response");
  const [, layers = 0, hidden = 0] = shape;
  return { tokens, mean: decodeSafetensors(bytes, "response_mean").data, layers, hidden };
}
