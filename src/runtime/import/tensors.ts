import { dirname } from "node:path/posix";
import { BYTES_PER_ELEMENT } from "../../domain/safetensors.ts";
import { encodeSafetensors, safetensorsHeader } from "../../domain/safetensors-encode.ts";
import type { Task } from "../../domain/task.ts";
import { readTorchFile } from "../torch/read.ts";
import { TorchTensor, type TorchValue } from "../torch/tensor.ts";
import type { ImportFolder } from "./folder.ts";

/** How far from 1 the norm of a vector may be that was stored in half precision. */
const NORM_TOLERANCE = 5e-3;

/** What a folder has cannot be taken over, and why: a clause. */
export class Unfit extends Error {}

/** The only tensor of a file whose name a `.pt` file does not have. */
const ONLY_TENSOR: Partial<Record<Task["kind"], string>> = { activations: "activations" };

/** A safetensors file's content from the `.pt` file in its place; undefined without one. Throws Unfit, TorchFileError. */
export function fromTorch({ kind }: Task, path: string, folder: ImportFolder): Uint8Array | undefined {
  const torchPath = path.replace(/safetensors$/, "pt");
  if (!folder.has(torchPath)) return undefined;
  return folder.open(torchPath, (bytes) => encoded(namedTensors(readTorchFile(bytes), kind, torchPath)));
}

function namedTensors(value: TorchValue, kind: Task["kind"], path: string): [string, TorchTensor][] {
  if (value instanceof TorchTensor) return [[ONLY_TENSOR[kind] ?? "tensor", value]];
  const entries = value instanceof Map ? [...value] : [];
  const tensors = entries.flatMap(([name, item]): [string, TorchTensor][] =>
    typeof name === "string" && item instanceof TorchTensor ? [[name, item]] : [],
  );
  if (tensors.length > 0 && tensors.length === entries.length) return tensors;
  throw new Unfit(`${path} holds neither a tensor nor a dict of tensors`);
}

/** In their own type where they lie in a row, else in fp32. */
function encoded(tensors: readonly (readonly [string, TorchTensor])[]): Uint8Array {
  const parts = tensors
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tensor]) => {
      const { storage, shape } = tensor;
      if (isDense(tensor)) return { name, dtype: storage.dtype, shape, bytes: Buffer.concat([...storage.pieces()]) };
      const numbers = tensor.numbers();
      return { name, dtype: "F32" as const, shape, bytes: Buffer.from(numbers.buffer) };
    });
  return Buffer.concat([safetensorsHeader(parts), ...parts.map(({ bytes }) => bytes)]);
}

function isDense({ storage, shape, strides, offset }: TorchTensor): boolean {
  const elements = shape.reduce((product, size) => product * size, 1);
  const inOrder = strides.every((stride, axis) => stride === shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  return offset === 0 && inOrder && storage.byteLength === elements * BYTES_PER_ELEMENT[storage.dtype];
}

/**
 * The content of vectors.safetensors from `layer0.pt`, `layer1.pt`, …, one of every layer: [layers, hidden], of norm 1.
 * Undefined where there is none. Throws Unfit, TorchFileError.
 */
export function vectorsFromLayers(
  path: string,
  { layers, hiddenSize: hidden }: { readonly layers: number; readonly hiddenSize: number },
  folder: ImportFolder,
): Uint8Array | undefined {
  const at = dirname(path);
  if (!folder.has(`${at}/layer0.pt`)) return undefined;
  const data = new Float32Array(layers * hidden);
  for (let layer = 0; layer < layers; layer++) {
    const file = `${at}/layer${layer}.pt`;
    if (!folder.has(file)) throw new Unfit(`there is no ${file}: the model has ${layers} layers`);
    const vector = folder.open(file, (bytes) => vectorOf(readTorchFile(bytes), hidden, file));
    data.set(vector, layer * hidden);
  }
  if (folder.has(`${at}/layer${layers}.pt`)) throw new Unfit(`${at} has more layers than the model's ${layers}`);
  return encodeSafetensors({ vectors: { shape: [layers, hidden], data } });
}

function vectorOf(value: TorchValue, hidden: number, file: string): Float32Array {
  if (!(value instanceof TorchTensor)) throw new Unfit(`${file} holds no tensor`);
  const { shape } = value;
  if (shape.length !== 1 || shape[0] !== hidden) {
    throw new Unfit(`${file} has the shape [${shape.join(", ")}], and the model ${hidden} numbers a layer`);
  }
  const numbers = value.numbers();
  const norm = Math.hypot(...numbers);
  if (!(Math.abs(norm - 1) <= NORM_TOLERANCE)) {
    throw new Unfit(`${file} has the norm ${norm.toPrecision(4)}; vectors have norm 1`);
  }
  // What fp32 holds as norm 1 stays bit for bit; what half precision has moved is put right.
  return Math.abs(norm - 1) < 1e-5 ? numbers : numbers.map((number) => number / norm);
}
