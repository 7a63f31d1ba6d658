import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EngineFailure, type Model } from "../../src/domain/engine.ts";
import { parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { inspectWeights, openModel } from "../../src/engine/index.ts";
import { copyOf, readGolden, weightsDir } from "./models.ts";
import { scriptArguments, sourceText } from "../rig/script.ts";

const NAME = "tied-bf16";
const KNOWN = "LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Gemma2ForCausalLM";
const open = (folder: string): Promise<Model> =>
  openModel({ weightsDir: folder, provider: "auto", maxBatchTokens: 4096 });

async function failure(work: () => unknown): Promise<EngineFailure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EngineFailure) return error;
    throw error;
  }
  throw new Error("did not fail");
}

/** What both the inspection and the engine say. */
async function refusal(folder: string): Promise<string> {
  const failures = [await failure(() => inspectWeights(folder)), await failure(() => open(folder))];
  const texts = new Set(
    failures.map(({ kind, message, hint }) => `${kind}: ${message}${hint === "" ? " NO HINT" : ""}`),
  );
  return [...texts].join(" BUT THEN ");
}

function changeConfig(folder: string, changes: Readonly<Record<string, unknown>>): void {
  const path = join(folder, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...config, ...changes }));
}

describe("a weights folder", () => {
  it("is inspected without being loaded", () => {
    const folder = weightsDir("llama3-untied-sharded");
    const info = inspectWeights(folder);
    expect(info).toMatchObject({ architecture: "LlamaForCausalLM", layers: 2, hiddenSize: 32, vocabSize: 320 });
  });

  it("must be there, with its config", async () => {
    expect((await failure(() => inspectWeights("/no/such/folder"))).message).toBe(
      "There is no folder /no/such/folder.",
    );
    const folder = copyOf(NAME);
    rmSync(join(folder, "config.json"));
    expect(await refusal(folder)).toBe(`weights-missing: ${folder} has no config.json.`);
  });

  it("must hold weights", async () => {
    const folder = copyOf(NAME);
    rmSync(join(folder, "model.safetensors"));
    const message = `${folder} has neither model.safetensors nor model.safetensors.index.json.`;
    expect(await refusal(folder)).toBe(`weights-missing: ${message}`);
  });

  it("must hold every shard of the index, and the index names files of the folder only", async () => {
    const folder = copyOf("llama3-untied-sharded");
    const shard = join(folder, "model-00002-of-00004.safetensors");
    rmSync(shard);
    const message = `${shard} is missing, but model.safetensors.index.json names it.`;
    expect(await refusal(folder)).toBe(`weights-missing: ${message}`);
    const index = join(folder, "model.safetensors.index.json");
    writeFileSync(index, JSON.stringify({ weight_map: { a: "../../etc/passwd" } }));
    expect(await refusal(folder)).toBe(
      `weights-damaged: ${index} names "../../etc/passwd", which is no file of its folder.`,
    );
  });

  it("must not be cut short", async () => {
    const folder = copyOf(NAME);
    const path = join(folder, "model.safetensors");
    const size = readFileSync(path).byteLength;
    truncateSync(path, size - 10);
    const message = `${path}: tensor "model.norm.weight" ends at byte ${size}, but the file has ${size - 10}.`;
    expect(await refusal(folder)).toBe(`weights-damaged: ${message}`);
    truncateSync(path, 100);
    expect((await failure(() => inspectWeights(folder))).message).toMatch(
      /: the header claims \d+ bytes, but the file has 100\.$/,
    );
  });

  it("holds no Git LFS pointers", async () => {
    const folder = copyOf(NAME);
    for (const name of ["model.safetensors", "config.json"]) {
      const path = join(folder, name);
      writeFileSync(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
      expect(await refusal(folder)).toBe(`weights-missing: ${path} is a Git LFS pointer, not the file itself.`);
    }
  });

  it("has the tensors and shapes that its config says", async () => {
    const folder = copyOf(NAME);
    changeConfig(folder, { num_hidden_layers: 4 });
    const missing = `${folder}: tensor "model.layers.3.input_layernorm.weight" [32] is missing.`;
    expect(await refusal(folder)).toBe(`weights-damaged: ${missing}`);
    changeConfig(folder, { num_hidden_layers: 3, intermediate_size: 96 });
    const path = join(folder, "model.safetensors");
    const wrong = `${path}: tensor "model.layers.0.mlp.gate_proj.weight" is [80, 32], but config.json says [96, 32].`;
    expect(await refusal(folder)).toBe(`weights-damaged: ${wrong}`);
  });

  it.each([
    [
      { architectures: ["Gemma3ForConditionalGeneration"] },
      `the architecture Gemma3ForConditionalGeneration is not one of those supported: ${KNOWN}.`,
    ],
    [
      { architectures: ["MixtralForCausalLM"], num_local_experts: 8 },
      'MixtralForCausalLM is a mixture of experts ("num_local_experts"), and experts are not supported.',
    ],
    [
      { architectures: ["Qwen3MoeForCausalLM"], num_experts: 128 },
      'Qwen3MoeForCausalLM is a mixture of experts ("num_experts"), and experts are not supported.',
    ],
    [{ architectures: [] }, '"architectures" is [], not a list such as ["LlamaForCausalLM"].'],
    [{ hidden_size: "32" }, '"hidden_size" is "32", not a whole number above 0.'],
    [{ num_hidden_layers: null }, '"num_hidden_layers" is missing, not a whole number above 0.'],
    [{ hidden_act: "gelu" }, 'the activation "gelu" is not supported (silu).'],
    [{ attention_bias: true }, '"attention_bias" is true: linear layers with a bias are not supported.'],
    [{ quantization_config: {} }, "the weights are quantized."],
    [{ head_dim: 8 }, "heads of 8 dimensions are not supported (multiples of 16)."],
    [{ num_hidden_layers: 1_000_000_000 }, "1000000000 layers with heads of 16 dimensions are more than a model has."],
    [{ num_key_value_heads: 3 }, "4 heads cannot share 3 key/value heads evenly."],
    [{ rope_parameters: { rope_type: "yarn" } }, 'the RoPE scaling "yarn" is not supported (default, linear, llama3).'],
  ])("is of a supported model, not %j", async (changes, message) => {
    const folder = copyOf(NAME);
    changeConfig(folder, changes);
    expect(await refusal(folder)).toBe(`unsupported-model: ${join(folder, "config.json")}: ${message}`);
  });

  it.each([
    ["qwen3", { attention_bias: true }, '"attention_bias" is true: linear layers with a bias are not supported.'],
    ["qwen2", { quantization_config: { quant_method: "gptq" } }, "the weights are quantized."],
    ["gemma2", { hidden_activation: "gelu" }, 'the activation "gelu" is not supported (gelu_pytorch_tanh).'],
    ["gemma2", { use_bidirectional_attention: true }, "its attention sees what comes after."],
    ["gemma2", { layer_types: ["full_attention"] }, '"layer_types" has 1 entries for 3 layers.'],
    ["gemma2", { layer_types: 3 }, '"layer_types" is 3, not a list of texts.'],
    ["gemma2", { sliding_window: null }, 'layer 0 is "sliding_attention", but there is no window.'],
    ["gemma2", { sliding_window: 0 }, '"sliding_window" is 0, not a whole number above 0.'],
    [
      "mistral",
      { layer_types: ["full_attention", "chunked_attention", "full_attention"] },
      'the layer type "chunked_attention" is not supported (full_attention, sliding_attention).',
    ],
  ])("is of a kind of %s that is supported, not %j", async (name, changes, message) => {
    const folder = copyOf(name);
    changeConfig(folder, changes);
    expect(await refusal(folder)).toBe(`unsupported-model: ${join(folder, "config.json")}: ${message}`);
  });

  it("may be all symbolic links, as a Hugging Face cache is", async () => {
    const folder = copyOf(NAME);
    const blobs = join(folder, "blobs");
    mkdirSync(blobs);
    renameSync(join(folder, "model.safetensors"), join(blobs, "b3af"));
    symlinkSync("blobs/b3af", join(folder, "model.safetensors"));
    const model = await open(folder);
    expect(model.layers).toBe(3);
    await model.close();
  });
});

describe("a model", () => {
  it("needs its tokenizer", async () => {
    const folder = copyOf(NAME);
    rmSync(join(folder, "tokenizer.json"));
    expect((await failure(() => open(folder))).message).toBe(`${folder} has no tokenizer.json.`);
  });

  it("says that CUDA's library is missing", async () => {
    const work = (): unknown => openModel({ weightsDir: weightsDir(NAME), provider: "cuda", maxBatchTokens: 1 });
    const { kind, message } = await failure(work);
    expect([kind, message]).toEqual([
      "provider-missing",
      "ONNX Runtime's CUDA library is not installed beside onnxruntime-node.",
    ]);
  });

  it.runIf(process.platform === "linux")("says that there is no GPU for WebGPU", () => {
    const script = `
      import { openModel } from ${sourceText("engine/index.ts")};
      const opened = openModel({ weightsDir: ${JSON.stringify(weightsDir(NAME))}, provider: "webgpu", maxBatchTokens: 64 });
      process.stdout.write(await opened.then(() => "opened", ({ kind, message }) => kind + ": " + message));
    `;
    // In a process of its own, from which Vulkan's drivers are hidden.
    const env = { ...process.env, VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere" };
    const { stdout } = spawnSync(process.execPath, scriptArguments(script), { env, encoding: "utf8" });
    expect(stdout).toBe("provider-missing: No GPU of this machine can be used through WebGPU.");
  });

  it("refuses rows that do not fit before it runs any", async () => {
    const model = await open(weightsDir(NAME));
    const row = { promptIds: [0, 5], maxNewTokens: 3, sampling: { temperature: 0 as const }, steering: [] };
    let progress = 0;
    const long = { ...row, promptIds: Array.from({ length: 250 }, () => 5), maxNewTokens: 7 };
    const generated = await failure(() => model.generate([row, long], [], () => progress++));
    expect([generated.kind, generated.message, progress]).toEqual([
      "prompt-too-long",
      "Row 1 needs 250 prompt tokens + 7 new tokens = 257, but the model has 256 positions.",
      0,
    ]);
    const ids = Array.from({ length: 257 }, () => 5);
    const captured = await failure(() => model.capture([{ ids, pools: [[0]] }]));
    expect(captured.message).toBe("Row 0 needs 257 tokens, but the model has 256 positions.");
    expect((await failure(() => model.nextTokenProbabilities([[1], ids], [1]))).message).toContain("Row 1 needs 257");
    expect((await failure(() => model.nextTokenProbabilities([[]], [1]))).message).toBe("Row 0 has no tokens.");
    await model.close();
  });

  it("whose weights hold NaN says so instead of answering", async () => {
    const folder = copyOf(NAME);
    const path = join(folder, "model.safetensors");
    const bytes = readFileSync(path);
    const { begin } = parseSafetensorsHeader(bytes).entries.get("model.layers.1.mlp.down_proj.weight")!;
    bytes.writeUInt16LE(0x7fc0, begin);
    writeFileSync(path, bytes);
    const model = await open(folder);
    const row = { promptIds: [0, 5], maxNewTokens: 3, sampling: { temperature: 0 as const }, steering: [] };
    const failures = [
      await failure(() => model.generate([row], [])),
      await failure(() => model.capture([{ ids: [0, 5], pools: [[1]] }])),
      await failure(() => model.nextTokenProbabilities([[0, 5]], [1])),
    ];
    expect(failures.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      "not-finite: The prediction of token 0 of row 0 came out as NaN or infinity.",
      "not-finite: The residual stream of row 0 came out as NaN or infinity.",
      "not-finite: The prediction after prompt 0 came out as NaN or infinity.",
    ]);
    await model.close();
  });

  it("keeps the classes of failures and our own bugs apart", async () => {
    const model = await open(weightsDir(NAME));
    const row = { promptIds: [0], maxNewTokens: 1, sampling: { temperature: 0 as const } };
    const bug = model.generate([{ ...row, steering: [{ layer: 9, vector: 0, coefficient: 1 }] }], []);
    await expect(bug).rejects.toThrow("Internal error: row 0 steers layer 9 of 3");
    expect(readGolden(NAME).layers).toBe(model.layers);
    await model.close();
  });
});
