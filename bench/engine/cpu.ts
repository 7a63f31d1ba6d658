/**
 * Steered generation, extraction and scoring on a CPU, beside transformers (PyTorch) and transformers.js: the same fp32
 * weights, token ids and threads, one after the other in each of three rounds (or ROUNDS); the best of them
 * counts.
 *
 *     node --import tsx bench/engine/cpu.ts [weights folder [ONNX folder]]
 *
 * Without weights, a random model of the demo's size is made. The peers need python3 with torch and transformers, and for
 * transformers.js an ONNX model: README.md says how to get it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { RowSteering } from "../../src/domain/engine.ts";
import { SessionClient } from "../../src/engine/session/client.ts";
import { seededRandom } from "../../src/util/random.ts";

/** The peers' work; they pad rows to batches of `batch`. */
export interface Job {
  readonly weightsDir: string;
  readonly onnxDir: string | undefined;
  readonly threads: number;
  readonly batch: number;
  readonly newTokens: number;
  readonly generate: readonly (readonly number[])[];
  readonly steering: readonly (readonly RowSteering[])[];
  readonly vectors: readonly (readonly number[])[];
  readonly extract: readonly (readonly number[])[];
  readonly score: readonly (readonly number[])[];
  readonly tokenIds: readonly number[];
}

/** Seconds by the clock, and of all threads (user and system). */
export interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

export interface Measured {
  readonly spent: Readonly<Record<string, Spent>>;
  /** What was generated. */
  readonly ids: readonly (readonly number[])[];
}

const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
const PEERS = ["transformers", "transformers.js"] as const;
const folder = mkdtempSync(join(tmpdir(), "steerform-bench-"));
const [peer, peerJs] = ["peer.py", "transformers-js.ts"].map((name) => new URL(name, import.meta.url).pathname);
try {
  await bench(process.argv[2] ?? makeModel(), process.argv[3]);
} finally {
  rmSync(folder, { recursive: true });
}

function makeModel(): string {
  execFileSync("python3", [peer!, "make", folder], { stdio: ["ignore", "ignore", "ignore"] });
  return folder;
}

async function bench(weightsDir: string, onnxDir: string | undefined): Promise<void> {
  const job = await makeJob(weightsDir, onnxDir);
  const path = join(folder, "job.json");
  writeFileSync(path, JSON.stringify(job));
  const best = new Map<string, Spent>();
  const ids = new Map<string, Measured["ids"]>();
  for (let round = 0; round < ROUNDS; round++) {
    console.log(`round ${round + 1}; load ${loadavg()[0]!.toFixed(1)} on ${job.threads} cores`);
    const measured = {
      steerform: await measureOurs(job),
      transformers: runPeer("python3", [peer!, "run", path]),
      "transformers.js": onnxDir && runPeer(process.execPath, ["--import", "tsx", peerJs!, path]),
    };
    for (const [name, one] of Object.entries(measured)) {
      if (!one) continue;
      const times = Object.entries(one.spent).map(
        ([work, { wall, cpu }]) => `${work} ${wall.toFixed(1)} (${cpu.toFixed(1)})`,
      );
      console.log(`  ${name}, seconds (of CPU): ${times.join(", ")}`);
      ids.set(name, one.ids);
      for (const [work, { wall, cpu }] of Object.entries(one.spent)) {
        const known = best.get(`${name} ${work}`) ?? { wall: Infinity, cpu: Infinity };
        best.set(`${name} ${work}`, { wall: Math.min(wall, known.wall), cpu: Math.min(cpu, known.cpu) });
      }
    }
  }
  const [ours, theirs] = [ids.get("steerform")!, ids.get("transformers")];
  printTable(job, count(ours), best);
  if (theirs === undefined) return;
  // Ours stop at the end token, and leave it out.
  const same = ours.filter((row, index) => row.every((token, place) => token === theirs[index]![place])).length;
  console.log(`Rows with the same tokens in steerform and transformers: ${same} of ${ours.length}.`);
}

async function makeJob(weightsDir: string, onnxDir: string | undefined): Promise<Job> {
  const session = await open(weightsDir);
  const { layers, hiddenSize, vocabSize } = session.opened;
  await session.close();
  const random = seededRandom("bench");
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const text = (length: number): number[] => Array.from({ length }, () => between(3, vocabSize - 1));
  const generate = Array.from({ length: 16 }, () => text(between(10, 60)));
  const extract = Array.from({ length: 32 }, () => text(between(60, 160)));
  // Judge prompts: one of two rubrics, one of eight questions, an answer.
  const rubrics = [text(80), text(80)];
  const questions = Array.from({ length: 8 }, () => text(20));
  return {
    weightsDir,
    onnxDir,
    threads: availableParallelism(),
    batch: 16,
    newTokens: 64,
    generate,
    steering: generate.map((_, index) => [{ layer: index % layers, vector: 0, coefficient: 1 }]),
    vectors: [Array.from({ length: hiddenSize }, () => random() - 0.5)],
    extract,
    score: Array.from({ length: 16 }, (_, index) => [
      ...rubrics[index % 2]!,
      ...questions[Math.floor(index / 2) % 8]!,
      ...text(between(60, 140)),
    ]),
    tokenIds: Array.from({ length: 101 }, (_, index) => index + 3),
  };
}

function open(weightsDir: string): Promise<SessionClient> {
  return SessionClient.open({ weightsDir, provider: "cpu", type: "float32", maxBatchTokens: 8192 });
}

async function measureOurs(job: Job): Promise<Measured> {
  const session = await open(job.weightsDir);
  const spent: Record<string, Spent> = {};
  const time = async <Answer>(work: string, call: Promise<Answer>): Promise<Answer> => {
    const [startedMs, before] = [performance.now(), process.cpuUsage()];
    const answer = await call;
    const { user, system } = process.cpuUsage(before);
    spent[work] = { wall: (performance.now() - startedMs) / 1000, cpu: (user + system) / 1e6 };
    return answer;
  };
  const vectors = job.vectors.map((vector) => Float32Array.from(vector));
  const rows = job.generate.map((promptIds, index) => ({
    promptIds,
    maxNewTokens: job.newTokens,
    sampling: { temperature: 0 } as const,
    steering: job.steering[index]!,
  }));
  await session.call({ kind: "generate", rows: rows.slice(0, 2).map((row) => ({ ...row, maxNewTokens: 2 })), vectors });
  const answers = await time("generation", session.call({ kind: "generate", rows, vectors }));
  const captures = job.extract.map((ids) => ({ ids, pools: [[...ids.keys()].slice(20)] }));
  await time("extraction", session.call({ kind: "capture", rows: captures }));
  await time("scoring", session.call({ kind: "score", prompts: job.score, tokenIds: job.tokenIds }));
  await session.close();
  return { spent, ids: answers.map(({ ids }) => ids) };
}

/** Undefined, and a line of why, when it could not. */
function runPeer(program: string, args: readonly string[]): Measured | undefined {
  try {
    return JSON.parse(execFileSync(program, args, { stdio: ["ignore", "pipe", "pipe"] }).toString()) as Measured;
  } catch (error) {
    const said = (error as { readonly stderr?: Buffer }).stderr?.toString().trim().split("\n") ?? [String(error)];
    console.log(`(no ${program}: ${said.at(-1)})`);
    return undefined;
  }
}

function printTable(job: Job, generated: number, best: ReadonlyMap<string, Spent>): void {
  const tokens: Readonly<Record<string, number>> = {
    generation: generated,
    extraction: count(job.extract),
    scoring: count(job.score),
  };
  const row = (cells: readonly string[]): void =>
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(11) : cell.padStart(17))).join(" "));
  row(["tokens/s", "steerform", ...PEERS.flatMap((name) => [name, "ratio", "of CPU seconds"])]);
  for (const [work, done] of Object.entries(tokens)) {
    const ours = best.get(`steerform ${work}`)!;
    const cells = PEERS.flatMap((name) => {
      const theirs = best.get(`${name} ${work}`);
      if (theirs === undefined) return ["-", "-", "-"];
      // The peers are made to write past the end token.
      const theirTokens = work === "generation" ? job.generate.length * job.newTokens : done;
      const ratio = (part: keyof Spent): string => ((done / ours[part] / theirTokens) * theirs[part]).toFixed(2);
      return [(theirTokens / theirs.wall).toFixed(0), ratio("wall"), ratio("cpu")];
    });
    row([work, (done / ours.wall).toFixed(0), ...cells]);
  }
}

function count(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, list) => sum + list.length, 0);
}
