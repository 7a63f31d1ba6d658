import { existsSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { EngineFailure } from "../domain/engine.ts";
import { readJsonFile } from "./weights/json-file.ts";

/** The only door to @huggingface/tokenizers. */
export interface Tokenizer {
  /** Ids of a text, with what the post-processor adds (e.g. BOS) or without. */
  encode(text: string, addSpecialTokens: boolean): number[];
  /** Text of ids, special tokens skipped. */
  decode(ids: readonly number[]): string;
  /** Text of ids, special tokens as they are spelled; empty when there is no such token. */
  spell(ids: readonly number[]): string;
  /** tokenizer_config.json, for the chat template. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** That the file is there; reading a large one takes longer than a plan does. Throws EngineFailure `weights-missing`. */
export function requireTokenizer(weightsDir: string): void {
  if (existsSync(tokenizerPath(weightsDir))) return;
  throw new EngineFailure(
    "weights-missing",
    `${weightsDir} has no tokenizer.json.`,
    "Download the model's tokenizer.json; a SentencePiece tokenizer.model alone is not read.",
  );
}

/** Throws EngineFailure `weights-missing`, `weights-damaged` or `unsupported-model`. */
export function openTokenizer(weightsDir: string): Tokenizer {
  requireTokenizer(weightsDir);
  const path = tokenizerPath(weightsDir);
  const definition = readJsonFile(path) ?? {};
  const config = readTokenizerConfig(weightsDir);
  const tokenizer = construct(path, definition, config);
  // The package refuses an empty list.
  const textOf = (ids: readonly number[], options: Parameters<typeof tokenizer.decode>[1]): string =>
    ids.length === 0 ? "" : tokenizer.decode([...ids], options);
  return {
    config,
    encode: (text, addSpecialTokens) => tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids,
    decode: (ids) => textOf(ids, { skip_special_tokens: true }),
    spell: (ids) => textOf(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
  };
}

/** Empty when there is none. Throws EngineFailure. */
export function readTokenizerConfig(weightsDir: string): Readonly<Record<string, unknown>> {
  return readJsonFile(join(weightsDir, "tokenizer_config.json")) ?? {};
}

function tokenizerPath(weightsDir: string): string {
  return join(weightsDir, "tokenizer.json");
}

function construct(path: string, definition: object, config: object): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(definition, config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineFailure(
      "unsupported-model",
      `${path} could not be used: ${reason}`,
      "Check that the file is whole; tokenizers of Llama's kind (BPE) are supported.",
    );
  }
}
