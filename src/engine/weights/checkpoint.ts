import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineFailure } from "../../domain/engine.ts";
import type { Architecture, DecoderShape } from "../architectures/types.ts";
import { findArchitecture } from "../architectures/index.ts";
import { ModelConfig } from "./config.ts";
import { readJsonFile } from "./json-file.ts";
import { readShard, shardPaths, type StoredTensor } from "./shards.ts";

/** A checkpoint whose config is understood and whose files hold every tensor in the right shape. */
export interface Checkpoint {
  readonly architecture: Architecture;
  readonly shape: DecoderShape;
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Any of these ends a text. */
  readonly stopIds: readonly number[];
}

const READABLE = new Set(["F32", "F16", "BF16"]);

/** Reads config.json, generation_config.json and the headers of the weights. Throws EngineFailure. */
export function readCheckpoint(weightsDir: string): Checkpoint {
  const path = join(weightsDir, "config.json");
  const fields = readJsonFile(path);
  if (fields === undefined) throw missing(weightsDir);
  const config = new ModelConfig(fields, path);
  const architecture = findArchitecture(config);
  const shape = architecture.readShape(config);
  const files = shardPaths(weightsDir);
  const tensors = new Map<string, StoredTensor>();
  for (const file of files) for (const [name, tensor] of readShard(file)) tensors.set(name, tensor);
  for (const expected of architecture.weights(shape)) checkTensor(weightsDir, tensors.get(expected.name), expected);
  return { architecture, shape, files, tensors, stopIds: readStopIds(weightsDir, fields) };
}

function checkTensor(
  weightsDir: string,
  found: StoredTensor | undefined,
  expected: { readonly name: string; readonly shape: readonly number[] },
): void {
  const hint = "The weights and config.json do not belong together, or a file is damaged: download both again.";
  const [name, shape] = [expected.name, `[${expected.shape.join(", ")}]`];
  if (found === undefined) {
    throw new EngineFailure("weights-damaged", `${weightsDir}: tensor "${name}" ${shape} is missing.`, hint);
  }
  if (found.shape.join() !== expected.shape.join()) {
    const message = `${found.path}: tensor "${name}" is [${found.shape.join(", ")}], but config.json says ${shape}.`;
    throw new EngineFailure("weights-damaged", message, hint);
  }
  if (!READABLE.has(found.dtype)) {
    throw new EngineFailure(
      "unsupported-model",
      `${found.path}: tensor "${name}" is ${found.dtype}.`,
      "Quantized weights are not read: use the model's bf16, fp16 or fp32 checkpoint.",
    );
  }
}

/** generation_config.json may list several ids (Llama 3 does); config.json is the older place. */
function readStopIds(weightsDir: string, config: Readonly<Record<string, unknown>>): number[] {
  const generation = readJsonFile(join(weightsDir, "generation_config.json"));
  const value = generation?.["eos_token_id"] ?? config["eos_token_id"] ?? [];
  return [value].flat().filter((id) => typeof id === "number");
}

function missing(weightsDir: string): EngineFailure {
  const message = existsSync(weightsDir) ? `${weightsDir} has no config.json.` : `There is no folder ${weightsDir}.`;
  return new EngineFailure(
    "weights-missing",
    message,
    "The weights' folder is one in Hugging Face layout: config.json, tokenizer.json and *.safetensors.",
  );
}
