import type { Model } from "../../domain/engine.ts";
import { readTorchFile } from "../torch/read.ts";
import {
  denseTensor,
  TorchFileError,
  TorchStorage,
  TorchTensor,
  type TorchDict,
  type TorchValue,
} from "../torch/tensor.ts";
import { torchFile } from "../torch/write.ts";

/** A prompt or a response, as a variant reads it. */
interface Text {
  readonly text: string;
  readonly ids: readonly number[];
  /** At each of its tokens: [token, layer, hidden] */
  readonly residuals: Float32Array;
}

/**
 * A capture in full, for PyTorch, as the study's files hold it: prompt and response, each with
 * `{text, tokens, token_ids, activations: {layer: {residual: [token, hidden]}}}`. Beside the response's stands its `mean`,
 * [layer, hidden], unless it is empty.
 */
export function formatRawCapture(model: Model, prompt: Text, response: Text, mean: Float32Array): Uint8Array {
  const { layers, hiddenSize } = model;
  const dictOf = ({ text, ids, residuals }: Text): [string, TorchValue][] => [
    ["text", text],
    ["tokens", ids.map((id) => model.spell([id]))],
    ["token_ids", ids],
    ["activations", activationsOf(residuals, layers, hiddenSize)],
  ];
  const answered = dictOf(response);
  if (response.ids.length > 0) answered.push(["mean", denseTensor("F32", [layers, hiddenSize], bytesOf(mean))]);
  const file = new Map([["prompt", new Map(dictOf(prompt))] as const, ["response", new Map(answered)] as const]);
  return Buffer.concat([...torchFile(file)]);
}

/** By layer; all of them are views of one storage, [token, layer, hidden]. */
function activationsOf(residuals: Float32Array, layers: number, hidden: number): TorchDict {
  const size = layers * hidden;
  const storage = new TorchStorage("F32", residuals.length, () => [bytesOf(residuals)]);
  const viewOf = (layer: number): TorchTensor =>
    new TorchTensor(storage, [residuals.length / size, hidden], layer * hidden, [size, 1]);
  return new Map(Array.from({ length: layers }, (_, layer) => [layer, new Map([["residual", viewOf(layer)]])]));
}

/** The response's, which is not empty: its residuals and their mean. Throws TorchFileError. */
export function readRawCapture(bytes: Uint8Array): {
  readonly tokens: Float32Array;
  readonly mean: Float32Array;
  readonly layers: number;
  readonly hidden: number;
} {
  const file = readTorchFile(bytes);
  const mean = at(file, "response", "mean");
  const first = at(file, "response", "activations", 0, "residual");
  if (!(mean instanceof TorchTensor) || !(first instanceof TorchTensor)) throw new TorchFileError("is no capture");
  const [layers = 0, hidden = 0] = mean.shape;
  return { tokens: first.storage.numbers(), mean: mean.numbers(), layers, hidden };
}

function at(value: TorchValue | undefined, ...path: readonly (string | number)[]): TorchValue | undefined {
  return path.reduce((one, key) => (one instanceof Map ? (one as TorchDict).get(key) : undefined), value);
}

function bytesOf(numbers: Float32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
