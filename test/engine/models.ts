import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Prompt } from "../../src/domain/engine.ts";

/** Checkpoints that test/golden/make_engine_goldens.py writes, and what transformers computes from them. */

const ROOT = new URL("../../", import.meta.url).pathname;

export interface Golden {
  readonly weights: string;
  readonly layers: number;
  readonly prompts: readonly {
    readonly prompt: Prompt;
    readonly ids: readonly number[];
    readonly logits: readonly number[];
    readonly argmax: readonly number[];
    readonly pools: readonly (readonly number[])[];
    /** [pool][layer · hidden] */
    readonly means?: readonly (readonly number[])[];
    /** [pool][layer] */
    readonly norms: readonly (readonly number[])[];
    readonly greedy: readonly number[];
    /** Null where bytes that are no text decode differently in Rust and in JavaScript. */
    readonly text: string | null;
  }[];
  readonly forced: { readonly ids: readonly number[]; readonly greedy: readonly number[] };
  readonly steered: {
    readonly ids: readonly number[];
    readonly layer: number;
    readonly coefficient: number;
    readonly vector: readonly number[];
    readonly logits: readonly number[];
    /** [layer · hidden] of the last token */
    readonly last: readonly number[];
    readonly greedy: readonly number[];
  };
}

export interface TokenizerGolden {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
  readonly chats: readonly {
    readonly messages: Extract<Prompt, { format: "chat" }>["messages"];
    readonly ids: readonly number[];
    readonly text: string;
  }[];
  readonly decoded: readonly { readonly ids: readonly number[]; readonly text: string }[];
}

/** Llama's, in three ways of storing. */
const LLAMAS = ["tied-bf16", "llama3-untied-sharded", "half-mha"];
/** One a family, and one of a model whose files are unlike its family's others. */
export const FAMILIES: readonly string[] = ["smollm2", "mistral", "qwen2", "qwen3", "gemma2"];
export const FIXTURES: readonly string[] = [...LLAMAS, ...FAMILIES];
export const TINY: readonly string[] = ["tiny-base", "tiny-instruct", "tiny-judge"];

export function weightsDir(name: string): string {
  return name.startsWith("tiny-")
    ? join(ROOT, "models/tiny", name.slice("tiny-".length))
    : join(ROOT, "test/fixtures/engine", name);
}

/** Refuses goldens of other weights: whoever trains a model anew reruns the script. */
export function readGolden(name: string): Golden {
  const golden = JSON.parse(readFileSync(join(ROOT, `test/golden/engine-${name}.json`), "utf8")) as Golden;
  const folder = weightsDir(name);
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).toSorted()) {
    if (file.endsWith(".safetensors")) hash.update(readFileSync(join(folder, file)));
  }
  if (hash.digest("hex") !== golden.weights) {
    throw new Error(`${folder} has other weights than its golden: run python3 test/golden/make_engine_goldens.py`);
  }
  return golden;
}

export function readTokenizerGolden(name: string): TokenizerGolden {
  return JSON.parse(readFileSync(join(ROOT, `test/golden/tokenizer-${name}.json`), "utf8")) as TokenizerGolden;
}

/** A copy of a checkpoint to damage; gone after the test. */
export function copyOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "steerform-engine-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(weightsDir(name), folder, { recursive: true });
  return folder;
}

/** Largest difference over largest value. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [difference, largest] = [0, 0];
  for (let index = 0; index < expected.length; index++) {
    difference = Math.max(difference, Math.abs(actual[index]! - expected[index]!));
    largest = Math.max(largest, Math.abs(expected[index]!));
  }
  return Number.isNaN(difference) ? Infinity : difference / largest;
}
