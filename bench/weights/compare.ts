/**
 * The three steps of a weight analysis over two random bf16 checkpoints, beside the same in PyTorch on the same files:
 * seconds of the clock and of all processors (the least of a few runs, in turns), GB/s of both checkpoints' bytes, peak
 * memory.
 *
 *     node --import tsx bench/weights/compare.ts [--shape 1b] [--layers 16] [--python python3]
 *         [--folder <folder>] [--steps norms,logit_lens,trait_alignment] [--runs 2] [--cold]
 *
 * 16 layers of shape 1b are 1.1 billion parameters, 2 × 2.2 GB; 32 of 8b are Llama 3.1 8B's, 2 × 16 GB. They are made in the
 * temporary folder and removed at the end; in a folder that is named they are kept, and made once. Python needs torch and
 * safetensors. Files are read once before: this measures reading from memory. --cold measures reading from the disk: the
 * system's cache is dropped before each run (Linux, root).
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const VECTOR_SETS = 8;
const NULL_DIRECTIONS = 200;
const TOP_K = 20;
const SHAPES: Readonly<Record<string, Shape>> = {
  "1b": { hidden: 2048, intermediate: 8192, heads: 32, kvHeads: 8, vocabulary: 32_000 },
  "8b": { hidden: 4096, intermediate: 14_336, heads: 32, kvHeads: 8, vocabulary: 128_256 },
};

interface Shape {
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
}

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

const { values: options } = parseArgs({
  options: {
    shape: { type: "string", default: "1b" },
    layers: { type: "string", default: "16" },
    python: { type: "string", default: "python3" },
    folder: { type: "string" },
    steps: { type: "string", default: "norms,logit_lens,trait_alignment" },
    runs: { type: "string", default: "2" },
    cold: { type: "boolean", default: false },
  },
});
bench();

function bench(): void {
  const { python, cold } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "steerform-bench-"));
  const shape = SHAPES[options.shape] as Shape;
  try {
    const [from, to] = ["from", "to"].map((name, seed) => makeCheckpoint(join(folder, name), shape, seed)) as [
      string,
      string,
    ];
    const bytes = 2 * statSync(join(from, "model.safetensors")).size;
    if (!cold) readThrough([from, to]);
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
    for (const step of options.steps.split(",")) {
      const sizes = [VECTOR_SETS, NULL_DIRECTIONS, TOP_K, availableParallelism()].map(String);
      const runs = commands.map(() => [] as Measured[]);
      for (let run = 0; run < Number(options.runs); run++) {
        for (const [side, [command, ...program]] of commands.entries()) {
          if (cold) execFileSync("sh", ["-c", "sync && echo 3 > /proc/sys/vm/drop_caches"]);
          const measured = measure(command, [...program, step, from, to, ...sizes]);
          runs[side]?.push(measured);
          console.error(`${step}, ${side === 0 ? "steerform" : "PyTorch"}: ${JSON.stringify(measured)}`);
        }
      }
      const [ours, theirs] = runs.map(best) as [Measured, Measured];
      sums[0] = added(sums[0], ours);
      sums[1] = added(sums[1], theirs);
      console.log(step.padEnd(16) + rowOf(ours, theirs, bytes));
    }
    console.log("all".padEnd(16) + rowOf(...sums, bytes));
  } finally {
    if (options.folder === undefined) rmSync(folder, { recursive: true });
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
function makeCheckpoint(folder: string, sizes: Shape, seed: number): string {
  if (existsSync(folder)) return folder;
  mkdirSync(`${folder}.new`, { recursive: true });
  const { hidden, intermediate, heads, kvHeads, vocabulary } = sizes;
  const layers = Number(options.layers);
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
  writeFileSync(join(`${folder}.new`, "config.json"), JSON.stringify(config));
  writeFileSync(join(`${folder}.new`, "tokenizer.json"), JSON.stringify(TOKENIZER));
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
  writeTensors(join(`${folder}.new`, "model.safetensors"), header, offset, seed);
  renameSync(`${folder}.new`, folder);
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

/** Puts the files into the system's cache. */
function readThrough(folders: readonly string[]): void {
  const buffer = new Uint8Array(1 << 24);
  for (const folder of folders) {
    const file = openSync(join(folder, "model.safetensors"), "r");
    while (readSync(file, buffer) > 0);
    closeSync(file);
  }
}
