import type { Model, ModelOptions, Prompt } from "../domain/engine.ts";
import type { ModelMemory } from "../domain/machine.ts";
import { findArchitecture } from "./architectures/index.ts";
import { openChatTemplate, takesSystemMessage } from "./chat-template.ts";
import { readGguf } from "./gguf/model.ts";
import { tokenizerConfigJson } from "./gguf/tokenizer-json.ts";
import { chooseProvider, type Placement } from "./provider.ts";
import { SessionClient } from "./session/client.ts";
import { modelMemory } from "./session/model-memory.ts";
import { forWebGpu } from "./session/webgpu-limits.ts";
import { openTokenizer, readTokenizerConfig, requireTokenizer } from "./tokenizer.ts";
import { readCheckpoint } from "./weights/checkpoint.ts";
import { ModelConfig } from "./weights/config.ts";
import { weightsIdentity } from "./weights/identity.ts";
import { readJsonFile } from "./weights/json-file.ts";

export { convertGguf } from "./gguf/convert.ts";
export { chooseProvider, type Placement } from "./provider.ts";
export { BYTES_PER_ELEMENT } from "./session/model-memory.ts";
export { examineProviders } from "./providers/examine.ts";
export * from "./weights-analysis/index.ts";
export { moduleArguments, startThread } from "./start-thread.ts";
export { visibleGpus } from "./gpu-memory.ts";

/** What a weights folder holds, from config.json and the headers of its files. */
export interface WeightsInfo {
  /** E.g. "LlamaForCausalLM". */
  readonly architecture: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** sha256, hex: the same for the same tensors, tokenizer and chat template, wherever they lie. */
  readonly identity: string;
  /** The chat template has a place for a system prompt. False without a template. */
  readonly takesSystemPrompts: boolean;
}

/**
 * Checks a weights folder without loading it: every tensor is there, in its shape, in full, and so is the tokenizer.
 * Throws EngineFailure.
 */
export function inspectWeights(weightsDir: string): WeightsInfo {
  const checkpoint = readCheckpoint(weightsDir);
  requireTokenizer(weightsDir);
  const { architecture, shape } = checkpoint;
  const { layers, hiddenSize, vocabSize, maxPositions } = shape;
  return {
    architecture: architecture.name,
    layers,
    hiddenSize,
    vocabSize,
    maxPositions,
    identity: weightsIdentity(weightsDir, checkpoint),
    takesSystemPrompts: takesSystemMessage(openChatTemplate(weightsDir, readTokenizerConfig(weightsDir))),
  };
}

/**
 * What a model whose weights are in a folder needs of the memory that it is to run in. Throws EngineFailure, for a model
 * that the provider cannot run, too.
 */
export function measureModel(weightsDir: string, placement: Placement, maxBatchTokens: number): ModelMemory {
  const checkpoint = readCheckpoint(weightsDir);
  const runnable = placement.provider === "webgpu" ? forWebGpu(weightsDir, checkpoint) : checkpoint;
  return modelMemory(runnable, placement, maxBatchTokens);
}

/** That the engine can run a model with this config.json, which messages name as `name`. Throws EngineFailure. */
export function checkConfig(path: string, name: string): void {
  shapeOfConfig(readJsonFile(path) ?? {}, name);
}

/** The shape of a model with this config.json, which messages name as `name`. Throws EngineFailure where it cannot run. */
export function shapeOfConfig(
  fields: Readonly<Record<string, unknown>>,
  name: string,
): Pick<WeightsInfo, "layers" | "hiddenSize" | "vocabSize" | "maxPositions"> {
  const config = new ModelConfig(fields, name);
  return findArchitecture(config).readShape(config);
}

/**
 * Checks a GGUF file without converting it: every tensor is there, in its shape and in a type that is read, and so is a
 * tokenizer. The identity is the file's own, and known before it is converted. Throws EngineFailure.
 */
export function inspectGguf(path: string): WeightsInfo {
  const { family, shape, identity, metadata } = readGguf(path);
  const { layers, hiddenSize, vocabSize, maxPositions } = shape;
  const template = openChatTemplate(path, tokenizerConfigJson(metadata));
  return {
    architecture: family.architecture,
    layers,
    hiddenSize,
    vocabSize,
    maxPositions,
    identity,
    takesSystemPrompts: takesSystemMessage(template),
  };
}

/** Loads a model; its session runs in a thread of its own. Rejects with EngineFailure. */
export async function openModel(options: ModelOptions): Promise<Model> {
  const { weightsDir, maxBatchTokens, threads } = options;
  const { provider, type } = chooseProvider(options.provider, options.dtype ?? "auto");
  // The session reads the headers again; a failure here needs no thread.
  readCheckpoint(weightsDir);
  const tokenizer = openTokenizer(weightsDir);
  const renderChat = openChatTemplate(weightsDir, tokenizer.config);
  const session = await SessionClient.open({ weightsDir, provider, type, maxBatchTokens, threads }, options.onNotice);

  /** A chat template writes its special tokens itself; a second BOS would be one too many. */
  const encode = (prompt: Prompt): number[] =>
    prompt.format === "raw"
      ? tokenizer.encode(prompt.text, true)
      : tokenizer.encode(renderChat(prompt.messages), false);

  return {
    ...session.opened,
    provider,
    encode,
    decode: (ids) => tokenizer.decode(ids),
    spell: (ids) => tokenizer.spell(ids),
    tokenIds: (text) => tokenizer.encode(text, false),
    generate: (rows, vectors, onProgress) => session.call({ kind: "generate", rows, vectors }, onProgress),
    capture: (rows, onProgress) => session.call({ kind: "capture", rows }, onProgress),
    nextTokenProbabilities: (prompts, tokenIds, onProgress) =>
      session.call({ kind: "score", prompts, tokenIds }, onProgress),
    close: () => session.close(),
  };
}
