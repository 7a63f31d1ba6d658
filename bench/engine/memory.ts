import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { llama } from "../../src/engine/architectures/llama.ts";
import type { DecoderShape } from "../../src/engine/architectures/types.ts";
import { capture } from "../../src/engine/session/capture.ts";
import { modelMemory } from "../../src/engine/session/model-memory.ts";
import { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import { generatePadded } from "../../src/engine/session/padded-generate.ts";
import { readCheckpoint } from "../../src/engine/weights/checkpoint.ts";

/**
 * What a model takes of the memory on the CPU beside what `modelMemory` says it may: node --import tsx
 * bench/engine/memory.ts. Linux only. Weights are zeros in a file without blocks: only their sizes matter here.
 */

const TOKENS = 8192;
const MIB = 2 ** 20;

const SHAPES: Readonly<Record<string, object>> = {
  "30 layers of 576, 9 heads of 3": config(30, 576, 1536, 9, 3, 49_152, true),
  "12 layers of 1024, 16 heads of 4": config(12, 1024, 4096, 16, 4, 32_000, false),
  "4 layers of 2048, 16 heads of 16": config(4, 2048, 2048, 16, 16, 8000, false),
};

const [weightsDir, work] = process.argv.slice(2);
if (weightsDir === undefined || work === undefined) compareAll();
else await measure(weightsDir, work);

function compareAll(): void {
  console.log("shape                              work        may take MiB   takes MiB");
  for (const [name, fields] of Object.entries(SHAPES)) {
    const folder = mkdtempSync(join(tmpdir(), "steerform-memory-"));
    try {
      writeWeights(folder, fields);
      for (const kind of ["generate", "capture"]) {
        const script = fileURLToPath(import.meta.url);
        const said = execFileSync(process.execPath, ["--import", "tsx", script, folder, kind], { encoding: "utf8" });
        const { may, takes } = JSON.parse(said) as { readonly may: number; readonly takes: number };
        const numbers = [may, takes].map((bytes) => String(Math.round(bytes / MIB)).padStart(12));
        console.log(`${name.padEnd(34)} ${kind.padEnd(10)} ${numbers.join("")}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** In a process of its own: memory is not given back. */
async function measure(folder: string, kind: string): Promise<void> {
  const { weightsBytes, batchBytes } = modelMemory(
    readCheckpoint(folder),
    { provider: "cpu", type: "float32" },
    TOKENS,
  );
  const before = anonymousBytes();
  const decoder = await PaddedDecoder.open(folder);
  const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 2);
  let most = 0;
  const look = (): void => void (most = Math.max(most, anonymousBytes()));
  if (kind === "generate") {
    const row = { promptIds: ids(240), maxNewTokens: 16, sampling: { temperature: 0 }, steering: [] } as const;
    const rows = Array.from({ length: TOKENS / 256 }, () => row);
    await generatePadded(decoder, rows, [], TOKENS, look);
  } else {
    const rows = Array.from({ length: TOKENS / 256 }, () => ({ ids: ids(256), pools: [[255]] }));
    await capture(decoder, rows, TOKENS, look);
  }
  console.log(JSON.stringify({ may: weightsBytes + batchBytes, takes: most - before }));
  await decoder.close();
}

/** Without pages of files, which the system takes back. */
function anonymousBytes(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

function config(
  layers: number,
  hidden: number,
  intermediate: number,
  heads: number,
  kvHeads: number,
  vocabulary: number,
  tied: boolean,
): object {
  return {
    architectures: ["LlamaForCausalLM"],
    num_hidden_layers: layers,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    vocab_size: vocabulary,
    max_position_embeddings: 8192,
    tie_word_embeddings: tied,
    eos_token_id: 1,
  };
}

function writeWeights(folder: string, fields: object): void {
  writeFileSync(join(folder, "config.json"), JSON.stringify(fields));
  const { num_hidden_layers: layers, ...rest } = fields as Readonly<Record<string, number>>;
  const heads = rest["num_attention_heads"]!;
  const shape = {
    layers,
    hiddenSize: rest["hidden_size"],
    intermediateSize: rest["intermediate_size"],
    heads,
    kvHeads: rest["num_key_value_heads"],
    headDim: rest["hidden_size"]! / heads,
    vocabSize: rest["vocab_size"],
    tiedHead: (fields as { readonly tie_word_embeddings: boolean }).tie_word_embeddings,
  } as DecoderShape;
  let end = 0;
  const header = llama.weights(shape).map(({ name, shape: sizes }) => {
    const begin = end;
    end += 2 * sizes.reduce((product, size) => product * size, 1);
    return [name, { dtype: "BF16", shape: sizes, data_offsets: [begin, end] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const path = join(folder, "model.safetensors");
  writeFileSync(path, Buffer.concat([length, text]));
  truncateSync(path, 8 + text.length + end);
}
