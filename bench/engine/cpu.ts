/**
 * Tokens a second of generation, capture and scoring on CPU, beside transformers on the same weights and rows.
 *
 *     node --import tsx bench/engine/cpu.ts [weights folder]
 *
 * Without a folder, a random model of the demo's size is made (needs python3 with torch and transformers, as the peer does).
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { SessionClient } from "../../src/engine/session/client.ts";
import { seededRandom } from "../../src/util/random.ts";

const ROWS = 64;
const NEW_TOKENS = 40;
const folder = mkdtempSync(join(tmpdir(), "steerform-bench-"));
const peer = new URL("peer.py", import.meta.url).pathname;
try {
  await bench(process.argv[2] ?? makeModel());
} finally {
  rmSync(folder, { recursive: true });
}

function makeModel(): string {
  execFileSync("python3", [peer, "make", folder], { stdio: ["ignore", "ignore", "ignore"] });
  return folder;
}

async function bench(weightsDir: string): Promise<void> {
  const session = await SessionClient.open({ weightsDir, provider: "cpu", type: "float32", maxBatchTokens: 8192 });
  const { layers, hiddenSize, vocabSize } = session.opened;
  const random = seededRandom("bench");
  const text = (length: number): number[] => Array.from({ length }, () => 3 + Math.floor(random() * (vocabSize - 3)));
  const vary = (length: number): number => Math.round(length * (0.7 + 0.6 * random()));
  const prompts = Array.from({ length: 4 * ROWS }, () => text(vary(30)));
  const texts = Array.from({ length: 4 * ROWS }, () => text(vary(80)));
  // Judge prompts: one of two rubrics, one of twenty questions, an answer.
  const rubrics = [text(80), text(80)];
  const questions = Array.from({ length: 20 }, () => text(20));
  const judged = Array.from({ length: 8 * ROWS }, (_, index) => [
    ...rubrics[index % 2]!,
    ...questions[Math.floor(index / 2) % 20]!,
    ...text(vary(100)),
  ]);
  const tokenIds = Array.from({ length: 101 }, (_, index) => index + 3);
  const vectors = [Float32Array.from({ length: hiddenSize }, () => random() - 0.5)];

  const seconds: Record<string, number> = {};
  const time = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const startedMs = performance.now();
    await work();
    seconds[name] = (performance.now() - startedMs) / 1000;
  };
  const rows = prompts.map((promptIds, index) => ({
    promptIds,
    maxNewTokens: NEW_TOKENS,
    sampling: { temperature: 0 } as const,
    steering: [{ layer: index % layers, vector: 0, coefficient: 1 }],
  }));
  await session.call({ kind: "generate", rows: rows.slice(0, 4), vectors });
  let generated = 0;
  await time("generate", async () => {
    const answers = await session.call({ kind: "generate", rows, vectors });
    generated = count(answers.map(({ ids }) => ids));
  });
  const captures = texts.map((ids) => ({ ids, pools: [[...ids.keys()].slice(20)] }));
  await time("capture", () => session.call({ kind: "capture", rows: captures }));
  await time("score", () => session.call({ kind: "score", prompts: judged, tokenIds }));
  await session.close();

  const job = {
    weightsDir,
    threads: availableParallelism(),
    rows: ROWS,
    newTokens: NEW_TOKENS,
    generate: prompts,
    capture: texts,
    score: judged,
    tokenIds,
  };
  const theirs = runPeer(job);
  // Ours stop at the end token; the peer is made to write on.
  const work: Record<string, { readonly ours: number; readonly theirs: number }> = {
    generate: { ours: generated, theirs: prompts.length * NEW_TOKENS },
    capture: { ours: count(texts), theirs: count(texts) },
    score: { ours: count(judged), theirs: count(judged) },
  };
  console.log("work       steerform tok/s   transformers tok/s   ratio");
  for (const [name, tokens] of Object.entries(work)) {
    const [ours, peers] = [tokens.ours / seconds[name]!, theirs && tokens.theirs / theirs[name]!];
    const ratio = peers === undefined ? "-" : (ours / peers).toFixed(2);
    console.log(
      `${name.padEnd(10)} ${ours.toFixed(0).padStart(15)}   ${(peers?.toFixed(0) ?? "-").padStart(18)}   ${ratio.padStart(5)}`,
    );
  }
}

function count(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, list) => sum + list.length, 0);
}

function runPeer(job: object): Record<string, number> | undefined {
  const path = join(folder, "job.json");
  writeFileSync(path, JSON.stringify(job));
  try {
    const output = execFileSync("python3", [peer, "run", path], { stdio: ["ignore", "pipe", "ignore"] });
    return JSON.parse(output.toString()) as Record<string, number>;
  } catch {
    console.log("(no peer: python3 with torch and transformers is not here)");
    return undefined;
  }
}
