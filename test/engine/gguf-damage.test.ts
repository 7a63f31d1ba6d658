import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EngineFailure } from "../../src/domain/engine.ts";
import { inspectGguf } from "../../src/engine/index.ts";
import { buildGguf, ggufText, SMALL, u64, type GgufToBuild, type TensorToBuild } from "../rig/gguf.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** What is said of a file, without its path: kind, message, hint. */
function refusal(bytes: Uint8Array): string {
  const path = join(tempFolder(), "model.gguf");
  writeFileSync(path, bytes);
  try {
    inspectGguf(path);
  } catch (error) {
    if (!(error instanceof EngineFailure)) throw error;
    return `${error.kind}: ${error.message.replace(path, "F")} ${error.hint}`;
  }
  return "read";
}

const AGAIN = "The download may have been cut short: fetch the file again.";
const TYPES =
  "Tensors of the types F32, F16, BF16, Q4_0, Q4_1, Q8_0 are read; safetensors in Hugging Face layout are another way.";
const TOKENIZER = "Put the model's own tokenizer.json beside the file: it is used instead.";

const changed = (changes: Partial<GgufToBuild>): Buffer => buildGguf({ ...SMALL, ...changes });
const withMetadata = (metadata: GgufToBuild["metadata"]): Buffer =>
  changed({ metadata: { ...SMALL.metadata, ...metadata } });
const withTensor = (name: string, tensor: TensorToBuild): Buffer =>
  changed({ tensors: { ...SMALL.tensors, [name]: tensor } });
const without = (name: string): Buffer =>
  changed({ tensors: Object.fromEntries(Object.entries(SMALL.tensors).filter(([key]) => key !== name)) });

it("reads versions 2 and 3, of any alignment", () => {
  expect(refusal(changed({}))).toBe("read");
  expect(refusal(changed({ version: 2 }))).toBe("read");
  expect(refusal(withMetadata({ "general.alignment": { u32: 256 } }))).toBe("read");
});

it.each([
  ["no file of the kind", changed({ magic: "GGML" }), `it begins with "GGML", not with "GGUF". ${AGAIN}`],
  ["an empty file", Buffer.alloc(0), `the header goes on beyond the end of the file of 0 bytes. ${AGAIN}`],
  [
    "a list cut short",
    changed({}).subarray(0, 300),
    `the header goes on beyond the end of the file of 300 bytes. ${AGAIN}`,
  ],
  [
    "data cut short",
    changed({}).subarray(0, -1),
    `tensor "blk.0.ffn_down.weight" lies at bytes [26368, 30464) of a file of 30463. ${AGAIN}`,
  ],
  [
    "more tensors than could be",
    Buffer.concat([Buffer.from("GGUF\u0003\0\0\0"), u64(1n << 40n), u64(0)]),
    `the header claims 1099511627776 tensors, but the file has 24 bytes. ${AGAIN}`,
  ],
  [
    "a size beyond all numbers",
    Buffer.concat([Buffer.from("GGUF\u0003\0\0\0"), u64((1n << 64n) - 1n), u64(0)]),
    `the header has 18446744073709551615 for a size. ${AGAIN}`,
  ],
  [
    "a text longer than the file",
    Buffer.concat([Buffer.from("GGUF\u0003\0\0\0"), u64(0), u64(1), u64(1 << 30), Buffer.alloc(20)]),
    `the header goes on beyond the end of the file of 52 bytes. ${AGAIN}`,
  ],
  [
    "a value of no type",
    withMetadata({ odd: { raw: Buffer.from([99, 0, 0, 0]) } }),
    `the metadata "odd" is of the unknown type 99. ${AGAIN}`,
  ],
  [
    "lists of lists",
    withMetadata({ odd: { raw: Buffer.concat([Buffer.from([9, 0, 0, 0, 9, 0, 0, 0]), u64(0)]) } }),
    `the metadata "odd" is of the unknown type 9. ${AGAIN}`,
  ],
  [
    "an alignment of nothing",
    withMetadata({ "general.alignment": { u32: 0 } }),
    `general.alignment is 0, not a multiple of 8. ${AGAIN}`,
  ],
  [
    "no architecture",
    changed({ metadata: {} }),
    `the metadata "general.architecture" is missing, not a text. ${AGAIN}`,
  ],
  [
    "a size that is a text",
    withMetadata({ "llama.block_count": "one" }),
    `the metadata "llama.block_count" is "one", not a number. ${AGAIN}`,
  ],
  [
    "a tensor of five dimensions",
    withTensor("output.weight", { dimensions: [1, 1, 1, 1, 1] }),
    `tensor "output.weight" has 5 dimensions. ${AGAIN}`,
  ],
  [
    "blocks that do not fill a row",
    withTensor("output.weight", { dimensions: [33, 2], type: 2 }),
    `tensor "output.weight" has the impossible shape [2, 33]. ${AGAIN}`,
  ],
  [
    "a tensor with more numbers than there are",
    withTensor("output.weight", { dimensions: [1n << 32n, 1n << 32n] }),
    `tensor "output.weight" has the impossible shape [4294967296, 4294967296]. ${AGAIN}`,
  ],
  [
    "a tensor at an odd place",
    withTensor("output.weight", { dimensions: [32, 2], offset: 1 }),
    `tensor "output.weight" lies at bytes [1217, 1473) of a file of 30784. ${AGAIN}`,
  ],
  [
    "a tensor that is not there",
    without("blk.0.attn_k.weight"),
    `the tensor that is model.layers.0.self_attn.k_proj.weight [32, 32] is missing. ${AGAIN}`,
  ],
  [
    "a tensor of another shape",
    withTensor("blk.0.ffn_up.weight", { dimensions: [32, 16] }),
    `tensor "blk.0.ffn_up.weight" is [16, 32], but the metadata says [32, 32]. ${AGAIN}`,
  ],
])("says of %s what is damaged", (_, bytes, expected) => {
  expect(refusal(bytes)).toBe(`weights-damaged: F: ${expected}`);
});

it("says of a tensor that is there twice", () => {
  const bytes = withTensor("blk.0.ffn_uq.weight", { dimensions: [32, 32] });
  bytes.write("p", bytes.indexOf("ffn_uq") + 5);
  expect(refusal(bytes)).toBe(`weights-damaged: F: tensor "blk.0.ffn_up.weight" is there twice. ${AGAIN}`);
});

it.each([
  ["a version", changed({ version: 1 }), `it is GGUF version 1; versions 2 and 3 are read. ${TYPES}`],
  [
    "a type",
    withTensor("output.weight", { dimensions: [256, 2], type: 14 }),
    `tensor "output.weight" is Q6_K. ${TYPES}`,
  ],
  [
    "a type of the future",
    withTensor("output.weight", { dimensions: [32, 2], type: 77 }),
    `tensor "output.weight" is of the unknown type 77. ${TYPES}`,
  ],
  [
    "an architecture",
    withMetadata({ "general.architecture": "mamba" }),
    `its architecture mamba is not one of those read: llama, qwen2, qwen3, gemma2. ${TYPES}`,
  ],
  [
    "a mixture of experts",
    withTensor("blk.0.ffn_gate_exps.weight", { dimensions: [32, 32, 4] }),
    `tensor "blk.0.ffn_gate_exps.weight" is none of LlamaForCausalLM's. ${TYPES}`,
  ],
  [
    "a bias, which would be passed over",
    withTensor("blk.0.attn_q.bias", { dimensions: [32] }),
    `tensor "blk.0.attn_q.bias" is none of LlamaForCausalLM's. ${TYPES}`,
  ],
  [
    "heads that are rotated in part",
    withMetadata({ "llama.rope.dimension_count": { u32: 8 } }),
    `8 of a head's 16 dimensions are rotated, not all. ${TYPES}`,
  ],
  [
    "a SentencePiece tokenizer",
    withMetadata({ "tokenizer.ggml.model": "llama" }),
    `its tokenizer is of the kind "llama", not a byte-level BPE. ${TOKENIZER}`,
  ],
  [
    "an old file's tokenizer",
    changed({
      metadata: Object.fromEntries(Object.entries(SMALL.metadata).filter(([key]) => key !== "tokenizer.ggml.pre")),
    }),
    `its tokenizer cuts texts in a way that the file does not say. ${TOKENIZER}`,
  ],
  [
    "an unknown way of cutting texts",
    withMetadata({ "tokenizer.ggml.pre": "tekken" }),
    `its tokenizer cuts texts in a way that is not known: "tekken". ${TOKENIZER}`,
  ],
])("says of %s that is not read", (_, bytes, expected) => {
  expect(refusal(bytes)).toBe(`unsupported-model: F: ${expected}`);
});

it("says of a Git LFS pointer what to do", () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 98362432\n";
  expect(refusal(Buffer.from(pointer))).toBe(
    "weights-missing: F is a Git LFS pointer, not the file itself. Run `git lfs pull` in the model's repository.",
  );
});

it("says that there is no such file", () => {
  expect(() => inspectGguf("/no/such.gguf")).toThrow("There is no file /no/such.gguf.");
});

it("answers whatever byte of a header is changed", () => {
  const whole = changed({});
  const header = whole.indexOf(ggufText("blk.0.ffn_down.weight")) + 60;
  for (let at = 0; at < header; at += 7) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 0x41;
    expect(refusal(bytes)).toMatch(/^(read|weights-damaged: F: .+|unsupported-model: .+)$/);
  }
});
