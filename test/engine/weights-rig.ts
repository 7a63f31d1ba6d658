import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../src/util/random.ts";
import { TO_DIR } from "./weights-golden.ts";

/** Small checkpoints whose every number is known. */

export const SIZE = { layers: 3, hidden: 64, intermediate: 90, vocabulary: 2048, heads: 4, headDim: 16 } as const;

export type Dtype = "F32" | "F16" | "BF16";

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Tensors = Map<string, NamedTensor>;

/** Random weights that bf16, fp16 and fp32 hold alike: multiples of 1/128 below 1. */
export function randomTensors(seed: string, tied = true): Tensors {
  const { layers, hidden, intermediate, vocabulary, heads, headDim } = SIZE;
  const random = seededRandom(seed);
  const tensors: Tensors = new Map();
  const add = (name: string, ...shape: number[]): void => {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, () => Math.floor(255 * random() - 127) / 128);
    tensors.set(name, { shape, data });
  };
  add("model.embed_tokens.weight", vocabulary, hidden);
  add("model.norm.weight", hidden);
  if (!tied) add("lm_head.weight", vocabulary, hidden);
  for (let layer = 0; layer < layers; layer++) {
    const block = `model.layers.${layer}`;
    add(`${block}.input_layernorm.weight`, hidden);
    add(`${block}.self_attn.q_proj.weight`, heads * headDim, hidden);
    add(`${block}.self_attn.k_proj.weight`, heads * headDim, hidden);
    add(`${block}.self_attn.v_proj.weight`, heads * headDim, hidden);
    add(`${block}.self_attn.o_proj.weight`, hidden, heads * headDim);
    add(`${block}.post_attention_layernorm.weight`, hidden);
    add(`${block}.mlp.gate_proj.weight`, intermediate, hidden);
    add(`${block}.mlp.up_proj.weight`, intermediate, hidden);
    add(`${block}.mlp.down_proj.weight`, hidden, intermediate);
  }
  return tensors;
}

/** A copy in which these tensors are others. */
export function changed(tensors: Tensors, changes: Readonly<Record<string, (data: Float32Array) => void>>): Tensors {
  const copy: Tensors = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  for (const [name, change] of Object.entries(changes)) change(copy.get(name)!.data);
  return copy;
}

/** Writes a folder in Hugging Face layout. */
export function writeCheckpoint(folder: string, tensors: Tensors, dtype: Dtype = "F32", shards = 1): string {
  mkdirSync(folder, { recursive: true });
  const config = {
    architectures: ["LlamaForCausalLM"],
    hidden_size: SIZE.hidden,
    intermediate_size: SIZE.intermediate,
    num_hidden_layers: SIZE.layers,
    num_attention_heads: SIZE.heads,
    head_dim: SIZE.headDim,
    vocab_size: SIZE.vocabulary,
    tie_word_embeddings: !tensors.has("lm_head.weight"),
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  for (const file of ["tokenizer.json", "tokenizer_config.json"]) cpSync(join(TO_DIR, file), join(folder, file));
  const names = [...tensors.keys()];
  if (shards === 1) {
    writeFileSync(join(folder, "model.safetensors"), encode(tensors, names, dtype));
    return folder;
  }
  const fileOf = (index: number): string => `model-${index % shards}.safetensors`;
  const weightMap = Object.fromEntries(names.map((name, index) => [name, fileOf(index)]));
  for (let shard = 0; shard < shards; shard++) {
    const own = names.filter((_, index) => index % shards === shard);
    writeFileSync(join(folder, fileOf(shard)), encode(tensors, own, dtype));
  }
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
  return folder;
}

function encode(tensors: Tensors, names: readonly string[], dtype: Dtype): Uint8Array {
  const header: Record<string, object> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    const bytes = elements(data, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

function elements(data: Float32Array, dtype: Dtype): Uint8Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  if (dtype === "F32") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const halves = Uint16Array.from(bits, (each) => (dtype === "BF16" ? each >>> 16 : toHalf(each)));
  return new Uint8Array(halves.buffer);
}

/** Of numbers that an fp16 holds exactly as a normal number, NaN and infinity. */
function toHalf(bits: number): number {
  const [sign, exponent, fraction] = [(bits >>> 16) & 0x8000, (bits >>> 23) & 0xff, (bits >>> 13) & 0x3ff];
  if (exponent === 0) return sign;
  return sign | ((exponent === 0xff ? 0x1f : exponent - 112) << 10) | fraction;
}
