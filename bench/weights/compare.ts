/**
 * The three steps of a weight analysis over two random bf16 checkpoints, beside the same in PyTorch on the same files:
 * seconds of the clock and of all processors (the least of a few runs, in turns), GB/s of both checkpoints' bytes, peak
 * memory.
 *
 *     node --import tsx bench/weights/compare.ts [layers] [python]
 *
 * 16 layers (the default) are 1.1 billion parameters of Llama's shape, 2 × 2.2 GB in the temporary folder, removed at the
 * end. Python (python3) needs torch and safetensors. Files are read once before: this measures reading from memory.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const STEPS = ["norms", "logit_lens", "trait_alignment"] as const;
const VECTOR_SETS = 8;
const NULL_DIRECTIONS = 200;
const TOP_K = 20;
const RUNS = 2;
const SHAPE = { hidden: 2048, intermediate: 8192, heads: 32, kvHeads: 8, vocabulary: 32_000 } as const;

/** Knows no word: only ids matter here. */
const TOKENIZER = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: "BPE", vocab: { a: 0 }, merges: [] },
};

interface Measured {
  readonly seconds: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const NOTHING: Measured = { seconds: 0, cpuSeconds: 0, peakBytes: 0 };

const [layerCount, pythonPath] = process.argv.slice(2);
bench(Number(layerCount ?? 16), pythonPath ?? "python3");

function bench(layers: number, python: string): void {
  const folder = mkdtempSync(join(tmpdir(), "steerform-bench-"));
  try {
    const from = makeCheckpoint(join(folder, "from"), layers, 1);
    const to = makeCheckpoint(join(folder, "to"), layers, 2);
    const bytes = 2 * readThrough([from, to]);
    console.log(
      `${(bytes / 4 / 1e9).toFixed(2)} billion bf16 parameters, twice; ${availableParallelism()} cores; ${VECTOR_SETS} vector sets, ${NULL_DIRECTIONS} random directions`,
    );
    console.log(`${"".padEnd(16)}${["steerform", "PyTorch", "ratio"].map((name) => name.padEnd(32)).join("")}`);
    console.log(`${"step".padEnd(16)}${"    s   cpu s    GB/s  peak MB  ".repeat(2)}    s   cpu s`);
    const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const commands = [
      [process.execPath, "--import", "tsx", script("step.ts")],
      [python, script("peer.py")],
    ] as const;
    const sums: [Measured, Measured] = [NOTHING, NOTHING];
    for (const step of STEPS) {
      const sizes = [VECTOR_SETS, NULL_DIRECTIONS, TOP_K, availableParallelism()].map(String);
      const runs = commands.map(() => [] as Measured[]);
      for (let run = 0; run < RUNS; run++) {
        for (const [side, [command, ...program]] of commands.entries()) {
          runs[side]?.push(measure(command, [...program, step, from, to, ...sizes]));
        }
      }
      const [ours, theirs] = runs.map(best) as [Measured, Measured];
      sums[0] = added(sums[0], ours);
      sums[1] = added(sums[1], theirs);
      console.log(step.padEnd(16) + rowOf(ours, theirs, bytes));
    }
    console.log("all".padEnd(16) + rowOf(...sums, bytes));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(command: string, args: readonly string[]): Measured {
  return JSON.parse(execFileSync(command, args, { stdio: ["ignore", "pipe", "inherit"] }).toString()) as Measured;
}

/** The fastest of a few runs: other work on the machine only ever adds. */
function best(runs: readonly Measured[]): Measured {
  return {
    seconds: Math.min(...runs.map(({ seconds }) => seconds)),
    cpuSeconds: Math.min(...runs.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
  };
}

function added(one: Measured, other: Measured): Measured {
  return {
    seconds: one.seconds + other.seconds,
    cpuSeconds: one.cpuSeconds + other.cpuSeconds,
    peakBytes: Math.max(one.peakBytes, other.peakBytes),
  };
}

function rowOf(ours: Measured, theirs: Measured, bytes: number): string {
  const row = [ours, theirs].flatMap(({ seconds, cpuSeconds, peakBytes }) => [
    seconds.toFixed(1).padStart(5),
    cpuSeconds.toFixed(1).padStart(8),
    (bytes / 1e9 / seconds).toFixed(2).padStart(8),
    (peakBytes / 1e6).toFixed(0).padStart(9),
    "  ",
  ]);
  row.push((theirs.seconds / ours.seconds).toFixed(2).padStart(5));
  row.push((theirs.cpuSeconds / ours.cpuSeconds).toFixed(2).padStart(8));
  return row.join("");
}

/** Random bf16 between 2⁻⁷ and 2⁻⁴ in size, both signs. */
function makeCheckpoint(folder: string, layers: number, seed: number): string {
  mkdirSync(folder, { recursive: true });
  const { hidden, intermediate, heads, kvHeads, vocabulary } = SHAPE;
  const config = {
    architectures: ["LlamaForCausalLM"],
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    vocab_size: vocabulary,
    tie_word_embeddings: false,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(TOKENIZER));
  const kvSize = (hidden / heads) * kvHeads;
  const block: Record<string, number[]> = {
    input_layernorm: [hidden],
    "self_attn.q_proj": [hidden, hidden],
    "self_attn.k_proj": [kvSize, hidden],
    "self_attn.v_proj": [kvSize, hidden],
    "self_attn.o_proj": [hidden, hidden],
    post_attention_layernorm: [hidden],
    "mlp.gate_proj": [intermediate, hidden],
    "mlp.up_proj": [intermediate, hidden],
    "mlp.down_proj": [hidden, intermediate],
  };
  const shapes: [string, number[]][] = [
    ["model.embed_tokens.weight", [vocabulary, hidden]],
    ["model.norm.weight", [hidden]],
    ["lm_head.weight", [vocabulary, hidden]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of Object.entries(block)) shapes.push([`model.layers.${layer}.${name}.weight`, shape]);
  }
  let offset = 0;
  const header: Record<string, object> = {};
  for (const [name, shape] of shapes) {
    const begin = offset;
    offset += 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [begin, offset] };
  }
  writeTensors(join(folder, "model.safetensors"), header, offset, seed);
  return folder;
}

function writeTensors(path: string, header: object, bytes: number, seed: number): void {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  writeSync(file, length);
  writeSync(file, json);
  const chunk = new Uint16Array(1 << 22);
  let state = seed;
  for (let written = 0; written < bytes; written += chunk.byteLength) {
    for (let i = 0; i < chunk.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      chunk[i] = ((state >>> 16) & 0x8000) | 0x3c00 | ((state >>> 20) & 0x01ff);
    }
    writeSync(file, new Uint8Array(chunk.buffer, 0, Math.min(chunk.byteLength, bytes - written)));
  }
  closeSync(file);
}

/** Puts the files into the system's cache; returns the bytes of one. */
function readThrough(folders: readonly string[]): number {
  const buffer = new Uint8Array(1 << 24);
  let bytes = 0;
  for (const folder of folders) {
    const file = openSync(join(folder, "model.safetensors"), "r");
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) bytes += read;
    closeSync(file);
  }
  return bytes / folders.length;
}
