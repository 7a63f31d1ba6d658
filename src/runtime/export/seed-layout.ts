import { parseSafetensorsHeader } from "../../domain/safetensors.ts";
import type { Task } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import { denseTensor, STORAGES, type TorchDtype, type TorchTensor } from "../torch/tensor.ts";
import { torchFile } from "../torch/write.ts";
import { manifestFile } from "./manifest.ts";
import type { ExportedFile, ExportFormat, ExportSource } from "./types.ts";
import { vectorSets } from "./vector-sets.ts";

/**
 * The whole experiment as the study that this tool grew from lays it out: tensors as files that
 * `torch.load(path, weights_only=True)` reads, vectors one a layer, everything else as it is. `steerform import` reads it.
 */
export const seedLayout: ExportFormat = {
  name: "pt",
  summary: "everything, tensors as .pt for torch.load(weights_only=True), vectors as layer0.pt, layer1.pt, …",
  *files(source) {
    for (const { path, directions } of vectorSets(source)) {
      for (const [layer, direction] of directions.entries()) {
        const bytes = new Uint8Array(direction.buffer, direction.byteOffset, direction.byteLength);
        yield torchOf(`${path}/layer${layer}.pt`, denseTensor("F32", [direction.length], bytes));
      }
    }
    for (const { task } of source.tasks) {
      for (const path of task.outputs) if (!isVectors(task, path)) yield converted(path, source);
    }
    yield manifestFile(source);
  },
};

function isVectors({ kind }: Task, path: string): boolean {
  return kind === "vectors" && path.endsWith(".safetensors");
}

/** A file of one tensor becomes that tensor, of several a dict of them. */
function converted(path: string, { readFile }: ExportSource): ExportedFile {
  const content = readFile(path);
  if (!path.endsWith(".safetensors")) return { path, content };
  const tensors = [...parseSafetensorsHeader(content).entries.values()].map(({ name, dtype, shape, begin, end }) => {
    if (!isTorchDtype(dtype)) {
      throw new RuntimeFailure("artifact-damaged", `${path} holds ${dtype}.`, "Delete it and apply again.");
    }
    return [name, denseTensor(dtype, shape, content.subarray(begin, end))] as const;
  });
  const [only] = tensors;
  return torchOf(
    path.replace(/safetensors$/, "pt"),
    tensors.length === 1 && only !== undefined ? only[1] : new Map<string, TorchTensor>(tensors),
  );
}

function torchOf(path: string, value: TorchTensor | ReadonlyMap<string, TorchTensor>): ExportedFile {
  return { path, content: Buffer.concat([...torchFile(value)]) };
}

function isTorchDtype(dtype: string): dtype is TorchDtype {
  return Object.hasOwn(STORAGES, dtype);
}
