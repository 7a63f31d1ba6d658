import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSafetensorsHeader, toFloat32 } from "../../src/domain/safetensors.ts";
import { ropeFrequencies } from "../../src/engine/architectures/rope.ts";
import { blockFormat } from "../../src/engine/gguf/blocks.ts";
import { changeOf, storedBytes } from "../../src/engine/gguf/change.ts";
import { configJson } from "../../src/engine/gguf/config.ts";
import { checkpointName, FAMILIES } from "../../src/engine/gguf/families.ts";
import { parseGgufHeader } from "../../src/engine/gguf/format.ts";
import { Metadata } from "../../src/engine/gguf/metadata.ts";
import { tokenizerJson } from "../../src/engine/gguf/tokenizer-json.ts";
import { convertGguf, inspectGguf, inspectWeights, openModel } from "../../src/engine/index.ts";
import { openTokenizer } from "../../src/engine/tokenizer.ts";
import { ModelConfig } from "../../src/engine/weights/config.ts";
import { buildGguf, SMALL } from "../rig/gguf.ts";
import { tempFolder } from "../rig/temp-folder.ts";

interface GoldenModel {
  /** sha256 of the numbers as fp32. */
  readonly tensors: Readonly<Record<string, string>>;
  readonly ids: readonly number[];
  readonly probabilities: readonly number[];
}

/** What gguf and transformers make of the same bytes: test/golden/make_gguf_goldens.py. */
const ROOT = new URL("../../", import.meta.url).pathname;
const fileOf = (family: string): string => join(ROOT, `test/fixtures/gguf/${family}.gguf`);
const LLAMA = fileOf("llama");
const golden = JSON.parse(readFileSync(join(ROOT, "test/golden/gguf.json"), "utf8")) as {
  readonly blocks: Readonly<Record<string, { readonly bytes: string; readonly numbers: string }>>;
  readonly models: Readonly<Record<string, GoldenModel>>;
  readonly chat: string;
  readonly tokenizers: {
    readonly tokens: readonly string[];
    readonly merges: readonly string[];
    readonly texts: readonly string[];
    readonly ids: Readonly<Record<string, readonly (readonly number[])[]>>;
  };
  readonly rope: readonly {
    readonly factor: number;
    readonly head_dim: number;
    readonly factors: readonly number[];
    readonly frequencies: readonly number[];
  }[];
};

async function converted(path: string = LLAMA): Promise<string> {
  const folder = join(tempFolder(), "converted");
  await convertGguf(path, folder);
  return folder;
}

const headerOf = (bytes: Buffer) => {
  const header = parseGgufHeader(bytes, bytes.length);
  if (header === undefined) throw new Error("the whole file is no header");
  return header;
};

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("blocks of quantized numbers, against gguf's own", () => {
  it.each([
    [2, "Q4_0"],
    [3, "Q4_1"],
    [8, "Q8_0"],
  ])("type %i, %s, bit for bit", (type, name) => {
    const { bytes, numbers } = golden.blocks[name]!;
    const format = blockFormat(type);
    expect(format).toMatchObject({ name, storedAs: "F32" });
    const found = format!.dequantize!(Buffer.from(bytes, "base64"));
    expect(Buffer.from(found.buffer).toString("base64")).toBe(numbers);
  });
});

describe.each(Object.entries(golden.models))("a converted %s", (family, { tensors, ids, probabilities }) => {
  it("has the tensors that transformers loads from the file, bit for bit", async () => {
    const bytes = readFileSync(join(await converted(fileOf(family)), "model.safetensors"));
    const found = Array.from(parseSafetensorsHeader(bytes).entries.values(), ({ name, dtype, begin, end }) => {
      const numbers = toFloat32(dtype, bytes.subarray(begin, end));
      return [name, sha256(new Uint8Array(numbers.buffer))];
    });
    expect(Object.fromEntries(found)).toEqual(tensors);
  });

  it("predicts what transformers predicts", async () => {
    const weightsDir = await converted(fileOf(family));
    const model = await openModel({ weightsDir, provider: "cpu", maxBatchTokens: 64 });
    const [found] = await model.nextTokenProbabilities([[...ids]], [...probabilities.keys()]);
    await model.close();
    for (const [id, expected] of probabilities.entries()) expect(found![id]).toBeCloseTo(expected, 6);
  });
});

describe("a converted file", () => {
  it("has each tensor in the type that loses nothing", async () => {
    const { entries } = parseSafetensorsHeader(readFileSync(join(await converted(), "model.safetensors")));
    const type = (name: string) => entries.get(`model.layers.0.${name}.weight`)?.dtype;
    const parts = ["self_attn.o_proj", "mlp.gate_proj", "self_attn.q_proj", "input_layernorm"];
    expect(parts.map(type)).toEqual(["F16", "BF16", "F32", "F32"]);
  });

  it("speaks through the file's tokenizer and chat template, and ends at its end token", async () => {
    const folder = await converted();
    const model = await openModel({ weightsDir: folder, provider: "cpu", maxBatchTokens: 64 });
    const prompt = model.encode({ format: "chat", messages: [{ role: "user", content: "the 12" }] });
    expect(prompt).toEqual(openTokenizer(folder).encode(golden.chat, false));
    await model.close();
    const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
    expect(json("generation_config.json")).toEqual({ bos_token_id: 1, eos_token_id: [2] });
    expect(json("config.json")).toMatchObject({ rms_norm_eps: 1e-5, rope_theta: 50_000, tie_word_embeddings: false });
  });

  it("is what the inspection of the file said", async () => {
    const { identity, ...info } = inspectGguf(LLAMA);
    expect(inspectWeights(await converted())).toMatchObject(info);
    expect(info).toEqual({
      architecture: "LlamaForCausalLM",
      layers: 2,
      hiddenSize: 64,
      vocabSize: 275,
      maxPositions: 256,
      takesSystemPrompts: true,
    });
    expect(identity).toMatch(/^[0-9a-f]{64}$/);
  });

  it("comes out the same in pieces of any size", async () => {
    const path = join(tempFolder(), "wide.gguf");
    const rows = 3 * (1 << 15) + 7;
    const embedding = new Float32Array(32 * rows).map((_, index) => index);
    const data = new Uint8Array(embedding.buffer);
    const tensors = { ...SMALL.tensors, "token_embd.weight": { dimensions: [32, rows], data } };
    writeFileSync(path, buildGguf({ ...SMALL, tensors }));
    const bytes = readFileSync(join(await converted(path), "model.safetensors"));
    const entry = parseSafetensorsHeader(bytes).entries.get("model.embed_tokens.weight")!;
    expect(sha256(bytes.subarray(entry.begin, entry.end))).toBe(sha256(data));
  });

  it("says how far it is, and stops when asked to", async () => {
    const seen: [number, number][] = [];
    const path = LLAMA;
    await convertGguf(path, join(tempFolder(), "a"), { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(convertGguf(path, join(tempFolder(), "b"), { signal })).rejects.toThrow("stopped");
  });

  it("has the identity of the file and of the tokenizer beside it", () => {
    const folder = tempFolder();
    const path = join(folder, "model.gguf");
    copyFileSync(LLAMA, path);
    expect(inspectGguf(path).identity).toBe(inspectGguf(LLAMA).identity);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    const changed = inspectGguf(path).identity;
    expect(changed).not.toBe(inspectGguf(LLAMA).identity);
    writeFileSync(join(folder, "tokenizer.json"), "{}");
    expect(inspectGguf(path).identity).not.toBe(changed);
  });

  it("takes a tokenizer.json beside the file before what the file says", async () => {
    const folder = tempFolder();
    copyFileSync(LLAMA, join(folder, "model.gguf"));
    copyFileSync(join(ROOT, "models/tiny/base/tokenizer.json"), join(folder, "tokenizer.json"));
    const made = await converted(join(folder, "model.gguf"));
    expect(readFileSync(join(made, "tokenizer.json"))).toEqual(readFileSync(join(folder, "tokenizer.json")));
    expect(existsSync(join(made, "tokenizer_config.json"))).toBe(true);
  });
});

describe("tokenizers, against those of the models' authors", () => {
  const { tokens, merges, texts, ids } = golden.tokenizers;
  it.each(Object.keys(ids))("%s", (pre) => {
    const types = Buffer.alloc(16 + 4 * tokens.length);
    types.writeUInt32LE(9, 0);
    types.writeUInt32LE(5, 4);
    types.writeUInt32LE(tokens.length, 8);
    for (let id = 0; id < tokens.length; id++) types.writeInt32LE(id < 3 ? 3 : id === 3 ? 4 : 1, 16 + 4 * id);
    const bytes = buildGguf({
      metadata: {
        "general.architecture": "llama",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.token_type": { raw: types },
        "tokenizer.ggml.bos_token_id": { u32: 1 },
      },
      tensors: {},
    });
    const folder = tempFolder();
    const json = tokenizerJson(new Metadata(headerOf(bytes).metadata));
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
    const tokenizer = openTokenizer(folder);
    expect(texts.map((text) => tokenizer.encode(text, true))).toEqual(ids[pre]);
    const [first = ""] = texts;
    expect(tokenizer.decode(tokenizer.encode(first, true))).toBe(first);
  });
});

describe("the families", () => {
  it.each([
    ["qwen2", "blk.3.attn_q.bias", "model.layers.3.self_attn.q_proj.bias"],
    ["qwen3", "blk.0.attn_k_norm.weight", "model.layers.0.self_attn.k_norm.weight"],
    ["llama", "blk.12.ffn_norm.weight", "model.layers.12.post_attention_layernorm.weight"],
    ["gemma2", "blk.1.ffn_norm.weight", "model.layers.1.pre_feedforward_layernorm.weight"],
    ["gemma2", "blk.1.post_attention_norm.weight", "model.layers.1.post_attention_layernorm.weight"],
    ["gemma2", "blk.1.post_ffw_norm.weight", "model.layers.1.post_feedforward_layernorm.weight"],
    ["llama", "output_norm.weight", "model.norm.weight"],
    ["llama", "output.weight", "lm_head.weight"],
    ["llama", "blk.0.ffn_gate_exps.weight", undefined],
    ["llama", "blk.0.constructor.weight", undefined],
    ["llama", "toString.weight", undefined],
    ["llama", "token_embd", undefined],
  ])("%s: %s is %s", (family, name, expected) => {
    expect(checkpointName(name, FAMILIES[family]!)).toBe(expected);
  });

  it("only Llama's q and k have their rows moved, and only Gemma's norms are made less by one", () => {
    const shape = { headDim: 4 } as Parameters<typeof changeOf>[1]["shape"];
    const change = (family: string, name: string) => changeOf(name, { family: FAMILIES[family]!, shape });
    const none = { headRows: 1, minus: 0 };
    expect(change("llama", "model.layers.0.self_attn.k_proj.weight")).toEqual({ headRows: 4, minus: 0 });
    expect(change("llama", "model.layers.0.self_attn.v_proj.weight")).toEqual(none);
    expect(change("qwen2", "model.layers.0.self_attn.k_proj.weight")).toEqual(none);
    expect(change("llama", "model.norm.weight")).toEqual(none);
    expect(change("gemma2", "model.layers.0.post_feedforward_layernorm.weight")).toEqual({ headRows: 1, minus: 1 });
    const format = blockFormat(0)!;
    const tensor = { name: "", shape: [3], format, begin: 0, end: 12 };
    const bytes = new Uint8Array(Float32Array.of(1, 1.5, -1).buffer);
    const less = storedBytes(bytes, tensor, change("gemma2", "model.norm.weight"));
    expect([...new Float32Array(less.buffer)]).toEqual([0, 0.5, -2]);
  });

  it("Llama 3's scaling is found again from the tensor that llama.cpp keeps of it", () => {
    for (const { factor, head_dim: headDim, factors, frequencies } of golden.rope) {
      const metadata = {
        ...SMALL.metadata,
        "llama.rope.freq_base": { f32: 500_000 },
        "llama.attention.key_length": { u32: headDim },
      };
      const header = headerOf(buildGguf({ ...SMALL, metadata }));
      const config = (numbers: readonly number[]) =>
        configJson(header, new Metadata(header.metadata), FAMILIES["llama"]!, Float32Array.from(numbers));
      const found = config(factors);
      expect(found["rope_scaling"]).toMatchObject({ rope_type: "llama3", factor });
      const made = ropeFrequencies(new ModelConfig(found, "config.json"), headDim);
      for (const [index, frequency] of frequencies.entries()) expect(made[index]! / frequency).toBeCloseTo(1, 5);
      expect(config(factors.map(() => 1))["rope_scaling"]).toBeUndefined();
      expect(() => config(factors.map((one, index) => (index === 40 % factors.length ? one * 1.1 : one)))).toThrow(
        'the tensor "rope_freqs.weight" scales positions in another way than Llama 3',
      );
    }
  });
});
