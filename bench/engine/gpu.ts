/**
 * Loading, extraction, steered generation and judging on a GPU, beside PyTorch and transformers on the same weights.
 *
 *     node --import tsx bench/engine/gpu.ts <weights folder> [cuda|webgpu] [load,extract,generate,sample,score,logits]
 *     python3 bench/engine/gpu_peer.py <weights folder>
 *
 * The second reads what the first wrote (gpu.json beside the weights) and prints both and the ratio. `gpu_peer.py <folder>
 * make` makes random weights of Llama-3.1-8B's size.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GenerateRow, Provider, RowSteering } from "../../src/domain/engine.ts";
import { SessionClient } from "../../src/engine/session/client.ts";
import { openDecoder } from "../../src/engine/session/open.ts";

const [weightsDir = "", provider = "cuda", parts = "load,extract,generate,sample,score,logits"] = process.argv.slice(2);
const wanted = new Set(parts.split(","));
const options = {
  weightsDir,
  provider: provider as Provider,
  type: provider === "webgpu" ? "float16" : "bfloat16",
  maxBatchTokens: 16_384,
} as const;
const results: Record<string, number> = {};

const now = (): number => performance.now() / 1000;
const startedS = now();
const session = await SessionClient.open(options);
results["load seconds"] = now() - startedS;
console.log(`load ${results["load seconds"].toFixed(2)} s`);
const { layers, hiddenSize, vocabSize } = session.opened;

/** The peer makes the same ids. */
const token = (index: number): number => (index * 7919) % (vocabSize - 10);
const text = (row: number, length: number): number[] => Array.from({ length }, (_, at) => token(row * length + at));

function write(): void {
  writeFileSync(join(weightsDir, "gpu.json"), JSON.stringify(results, undefined, 2));
}

/** The best of several: the first runs load kernels and find memory. */
async function best(name: string, repeats: number, tokens: number, work: () => Promise<unknown>): Promise<void> {
  const seconds: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const beganS = now();
    await work();
    seconds.push(now() - beganS);
  }
  const rate = tokens / Math.min(...seconds);
  results[`${name} tokens/s`] = rate;
  write();
  console.log(`${name}: ${rate.toFixed(0)} tokens/s (${seconds.map((s) => s.toFixed(2)).join(", ")} s)`);
}

if (wanted.has("extract")) {
  const all = Array.from({ length: 256 }, (_, at) => at);
  const rows = Array.from({ length: 64 }, (_, row) => ({ ids: text(row, 256), pools: [all] }));
  await best("extract 64 x 256", 4, 64 * 256, () => session.call({ kind: "capture", rows }));
  // A response set as the experiment has it: prompts of 60 tokens, answers of 40 to 256; three positions at once.
  const set = Array.from({ length: 200 }, (_, row) => {
    const answer = 40 + ((row * 37) % 217);
    const pool = (count: number): number[] => all.slice(0, Math.min(count, answer)).map((at) => 60 + at);
    return { ids: text(row, 60 + answer), pools: [pool(5), pool(15), pool(answer)] };
  });
  const tokens = set.reduce((sum, { ids }) => sum + ids.length, 0);
  await best("response set, three positions", 3, tokens, () => session.call({ kind: "capture", rows: set }));
}

const vectors = Array.from({ length: layers }, (_, layer) =>
  Float32Array.from({ length: hiddenSize }, (_zero, at) => ((((layer * hiddenSize + at) * 37) % 101) - 50) / 5000),
);
const steering = (row: number): RowSteering[] => [
  { layer: row % layers, vector: row % layers, coefficient: ((row % 7) + 1) / 3 },
];
const generate = (count: number, sampling: GenerateRow["sampling"]): Promise<unknown> =>
  session.call({
    kind: "generate",
    vectors,
    rows: Array.from({ length: count }, (_, row) => ({
      promptIds: text(row, 64),
      maxNewTokens: 128,
      sampling: "seed" in sampling ? { ...sampling, seed: `${sampling.seed} ${row}` } : sampling,
      steering: steering(row),
    })),
  });
if (wanted.has("generate")) {
  for (const count of [20, 220]) {
    await best(`generate ${count} rows`, 3, count * 128, () => generate(count, { temperature: 0 }));
  }
}
if (wanted.has("sample")) {
  await best("sample 220 rows", 2, 220 * 128, () => generate(220, { temperature: 1, topP: 1, seed: "bench" }));
}
if (wanted.has("score")) {
  // Judge prompts: one of two rubrics, one of twenty questions, an answer.
  const prompts = Array.from({ length: 400 }, (_, index) => [
    ...text(index % 2, 300),
    ...text(100 + (index % 20), 60),
    ...text(1000 + index, 130),
  ]);
  const tokenIds = Array.from({ length: 101 }, (_, index) => index + 3);
  await best("score", 2, 400 * 490, () => session.call({ kind: "score", prompts, tokenIds }));
}
await session.close();

if (wanted.has("logits")) {
  const decoder = await openDecoder(options);
  const rows = [text(1, 7), text(2, 33), text(3, 150)];
  const { logits } = await decoder.forward({ rows, predict: [0, 1, 2], logitRows: [0, 1, 2] });
  writeFileSync(join(weightsDir, "gpu-logits.json"), JSON.stringify({ rows, logits: Array.from(logits) }));
  await decoder.close();
}
