import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineFailure } from "../../src/domain/engine.ts";
import { WeightAligner } from "../../src/engine/weights-analysis/aligner.ts";
import { ChangeReader, type TensorChange } from "../../src/engine/weights-analysis/change.ts";
import { ChangeKernel } from "../../src/engine/weights-analysis/change-kernel.ts";
import { logitLensTokens } from "../../src/engine/weights-analysis/lens-tokens.ts";
import { weightNorms } from "../../src/engine/weights-analysis/norms.ts";
import { openWeightPair, type WeightPair } from "../../src/engine/weights-analysis/pair.ts";
import { residualChanges } from "../../src/engine/weights-analysis/residual-changes.ts";
import { TensorFiles } from "../../src/engine/weights-analysis/tensor-file.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { relativeError } from "./models.ts";
import { changed, randomTensors, SIZE, writeCheckpoint, type Dtype, type Tensors } from "./weights-rig.ts";

const before = randomTensors("before");
const after = randomTensors("after");

/** The failure's kind, message and hint, folders shortened. */
async function failure(work: () => unknown, folder: string): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof EngineFailure)) throw error;
    return `${error.kind}: ${error.message}\nhint: ${error.hint}`.replaceAll(folder, "…");
  }
  throw new Error("It did not fail.");
}

test("the kernel sums and subtracts as a plain loop does", () => {
  const kernel = new ChangeKernel(4096);
  const numbers = fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.constantFrom("BF16" as const, "F32" as const), numbers, numbers, (type, a, b) => {
      const count = Math.min(a.length, b.length);
      const width = type === "BF16" ? 2 : 4;
      const put = (values: readonly number[], region: Uint8Array): Float32Array => {
        const floats = Float32Array.from(values.slice(0, count));
        const bits = new Uint32Array(floats.buffer);
        if (type === "BF16") for (let i = 0; i < count; i++) bits[i]! &= 0xffff_0000;
        region.fill(0);
        const stored = type === "BF16" ? Uint16Array.from(bits, (each) => each >>> 16) : bits;
        region.set(new Uint8Array(stored.buffer));
        return floats;
      };
      const [x, y] = [put(a, kernel.from), put(b, kernel.to)];
      const sums = kernel.sum(type, 0, count * width, true);
      const expected = { difference: 0, differenceSquares: 0, fromSquares: 0, toSquares: 0 };
      let size = 0;
      for (let i = 0; i < count; i++) {
        const d = y[i]! - x[i]!;
        expected.difference += d;
        expected.differenceSquares += d ** 2;
        expected.fromSquares += x[i]! ** 2;
        expected.toSquares += y[i]! ** 2;
        size += Math.abs(d) + d ** 2 + x[i]! ** 2 + y[i]! ** 2;
      }
      for (const [name, value] of Object.entries(expected)) {
        expect(Math.abs(sums[name as keyof typeof sums] - value)).toBeLessThanOrEqual(1e-13 * size);
      }
      expect(kernel.differences.slice(0, count)).toEqual(x.map((value, i) => y[i]! - value));
    }),
  );
});

test("a row may begin anywhere that is a multiple of 16 bytes", () => {
  const kernel = new ChangeKernel(256);
  new Float32Array(kernel.to.buffer, kernel.to.byteOffset, 12).set([1, 1, 1, 1, 1, 2, 3, 4, 9, 9, 9, 9]);
  expect(kernel.sum("F32", 16, 16, false)).toEqual({
    difference: 10,
    differenceSquares: 30,
    fromSquares: 0,
    toSquares: 30,
  });
});

function expectedNorm(name: string): number {
  const [x, y] = [before.get(name)!.data, after.get(name)!.data];
  return Math.sqrt(x.reduce((sum, value, i) => sum + (y[i]! - value) ** 2, 0));
}

/** Every tensor's change, in this thread. */
function read(pair: WeightPair): TensorChange[] {
  const reader = new ChangeReader(new TensorFiles());
  return pair.tensors.map((tensor) => reader.read(tensor));
}

test("every dtype, and two of them, give the same sums and means", () => {
  const folder = tempFolder();
  const write = (name: string, tensors: Tensors, dtype: Dtype) => writeCheckpoint(join(folder, name), tensors, dtype);
  const dtypes = [
    ["F32", "F32"],
    ["F16", "F16"],
    ["BF16", "BF16"],
    ["F16", "BF16"],
    ["BF16", "F32"],
  ] as const;
  const [first, ...others] = dtypes.map(([from, to], index) => {
    const pair = openWeightPair(write(`from${index}`, before, from), write(`to${index}`, after, to));
    return { pair, changes: read(pair) };
  });
  for (const [index, { changeSquares }] of first!.changes.entries()) {
    expect(Math.sqrt(changeSquares) / expectedNorm(first!.pair.tensors[index]!.name)).toBeCloseTo(1, 12);
  }
  for (const { changes } of others) {
    for (const [index, { changeSquares, fromSquares, toSquares, rowMeans }] of changes.entries()) {
      const other = first!.changes[index]!;
      // The order of summation differs between 8 bf16 and 4 fp32 at a time.
      expect(changeSquares / other.changeSquares).toBeCloseTo(1, 12);
      expect(fromSquares / other.fromSquares).toBeCloseTo(1, 12);
      expect(toSquares / other.toSquares).toBeCloseTo(1, 12);
      expect(relativeError(rowMeans, other.rowMeans)).toBeLessThan(1e-12);
    }
  }
});

test("one file and several shards give equal numbers", async () => {
  const folder = tempFolder();
  const of = async (shards: number) => {
    const from = writeCheckpoint(join(folder, `from${shards}`), before, "BF16", shards);
    const pair = openWeightPair(from, writeCheckpoint(join(folder, `to${shards}`), after, "BF16", shards));
    const residuals = await residualChanges(pair);
    return { norms: await weightNorms(pair), residuals, tokens: await logitLensTokens(pair, residuals, 5) };
  };
  expect(await of(3)).toEqual(await of(1));
});

test("Δ_residual is the mean over the inputs of both matrices", async () => {
  const folder = tempFolder();
  const pair = openWeightPair(writeCheckpoint(join(folder, "a"), before), writeCheckpoint(join(folder, "b"), after));
  const mean = (name: string, row: number): number => {
    const { shape, data } = after.get(name)!;
    const columns = shape[1]!;
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) sum += data[i]! - before.get(name)!.data[i]!;
    return sum / columns;
  };
  for (const [layer, residual] of (await residualChanges(pair)).entries()) {
    const expected = residual.map((_, row) =>
      ["self_attn.o_proj", "mlp.down_proj"].reduce(
        (sum, name) => sum + mean(`model.layers.${layer}.${name}.weight`, row),
        0,
      ),
    );
    expect(relativeError(residual, expected)).toBeLessThan(1e-12);
  }
});

test("a model beside itself has not changed, and its changes point to no token; zeros have no angle", async () => {
  const zero = "model.layers.1.mlp.up_proj.weight";
  const folder = writeCheckpoint(tempFolder(), changed(before, { [zero]: (data) => data.fill(0) }), "BF16");
  const pair = openWeightPair(folder, folder);
  for (const { name, change, relative, cosine } of await weightNorms(pair)) {
    const expected = name === zero ? { relative: null, cosine: null } : { relative: 0, cosine: 1 };
    expect({ name, change, relative, cosine }).toEqual({ name, change: 0, ...expected });
  }
  expect(await logitLensTokens(pair, await residualChanges(pair), 3)).toEqual(
    Array.from({ length: SIZE.layers }, () => undefined),
  );
});

test("an output matrix of its own is compared, and is what the lens looks through", async () => {
  const folder = tempFolder();
  const untied = randomTensors("untied", false);
  // Token 7 is the only one that says anything of dimension 0.
  const head = changed(untied, {
    "lm_head.weight": (data) => {
      for (let token = 0; token < SIZE.vocabulary; token++) data[token * SIZE.hidden] = token === 7 ? -2 : 0;
    },
    "model.norm.weight": (data) => data.fill(0.5),
  });
  const pair = openWeightPair(writeCheckpoint(join(folder, "a"), untied), writeCheckpoint(join(folder, "b"), head));
  expect(pair.tensors.map(({ component }) => component)).toContain("lm_head");
  const direction = new Float64Array(SIZE.hidden);
  direction[0] = -1e-9;
  const [tokens] = await logitLensTokens(pair, [direction], 3);
  // −1e-9 / (1e-9 / √64) · 0.5 · −2
  expect(tokens?.toward[0]).toMatchObject({ id: 7, value: 8 });
  expect(tokens?.toward.map(({ id }) => id)).toEqual([7, 0, 1]);
  expect(tokens?.away.map(({ id }) => id)).toEqual([0, 1, 2]);
});

test("the length of a direction changes nothing of its tokens", async () => {
  const folder = writeCheckpoint(tempFolder(), before, "BF16");
  const pair = openWeightPair(folder, folder);
  const direction = Float64Array.from({ length: SIZE.hidden }, (_, i) => Math.sin(i));
  // Powers of two: not even the rounding differs.
  const [one, small, large] = await logitLensTokens(
    pair,
    [1, 2 ** -40, 2 ** 40].map((factor) => direction.map((value) => factor * value)),
    20,
  );
  expect(small).toEqual(one);
  expect(large).toEqual(one);
  expect(one?.toward).toHaveLength(20);
  expect(one?.toward[0]?.text).not.toBe("");
});

test("failures name the tensor, the file and what to do", async () => {
  const folder = tempFolder();
  const good = writeCheckpoint(join(folder, "good"), before, "BF16");
  const name = "model.layers.2.mlp.down_proj.weight";
  for (const [value, dtype] of [
    [NaN, "BF16"],
    [Infinity, "F16"],
    [-Infinity, "F32"],
  ] as const) {
    const bad = writeCheckpoint(
      join(folder, `bad-${dtype}`),
      changed(before, { [name]: (data) => void (data[100] = value) }),
      dtype,
    );
    for (const [from, to] of [
      [good, bad],
      [bad, good],
    ] as const) {
      expect(await failure(() => read(openWeightPair(from, to)), folder)).toBe(
        `not-finite: …/bad-${dtype}/model.safetensors: tensor "${name}" holds NaN or infinity.
hint: The weights are damaged, or their training diverged: download them again, or compare another variant.`,
      );
    }
  }

  const untied = writeCheckpoint(join(folder, "untied"), randomTensors("untied", false));
  expect(await failure(() => openWeightPair(good, untied), folder)).toBe(
    `unsupported-model: …/untied has a tensor "lm_head.weight", and …/good has none.
hint: Compare two variants of one shape: a model and what was trained from it.`,
  );

  const larger = new Map(before);
  larger.set("model.embed_tokens.weight", {
    shape: [SIZE.vocabulary + 1, SIZE.hidden],
    data: new Float32Array((SIZE.vocabulary + 1) * SIZE.hidden),
  });
  const grown = writeCheckpoint(join(folder, "grown"), larger);
  const config = join(grown, "config.json");
  writeFileSync(
    config,
    JSON.stringify({
      architectures: ["LlamaForCausalLM"],
      hidden_size: SIZE.hidden,
      intermediate_size: SIZE.intermediate,
      num_hidden_layers: SIZE.layers,
      num_attention_heads: SIZE.heads,
      head_dim: SIZE.headDim,
      vocab_size: SIZE.vocabulary + 1,
      tie_word_embeddings: true,
    }),
  );
  expect(await failure(() => openWeightPair(good, grown), folder)).toBe(
    `unsupported-model: Tensor "model.embed_tokens.weight" is [2048, 64] in …/good/model.safetensors, but [2049, 64] in …/grown/model.safetensors.
hint: Compare two variants of one shape: a model and what was trained from it.`,
  );

  const without = new Map(before);
  without.delete(name);
  const missing = writeCheckpoint(join(folder, "missing"), without);
  expect(await failure(() => openWeightPair(good, missing), folder)).toBe(
    `weights-damaged: …/missing: tensor "${name}" [64, 90] is missing.
hint: The weights and config.json do not belong together, or a file is damaged: download both again.`,
  );
});

test("a file that shrinks while it is read", async () => {
  const folder = tempFolder();
  const good = writeCheckpoint(join(folder, "good"), before, "BF16");
  const pair = openWeightPair(good, writeCheckpoint(join(folder, "cut"), after, "BF16"));
  truncateSync(join(folder, "cut/model.safetensors"), 300_000);
  expect(await failure(() => weightNorms(pair), folder)).toMatch(
    /^weights-damaged: …\/cut\/model\.safetensors ends within tensor "model\..*"\.\nhint: The file was changed while it was read: apply again\.$/,
  );
});

test("a signal stops it between two products too, and the program lives on", async () => {
  const folder = tempFolder();
  const pair = openWeightPair(
    writeCheckpoint(join(folder, "a"), before, "BF16"),
    writeCheckpoint(join(folder, "b"), after, "BF16"),
  );
  const directions = new Float32Array(50_000 * SIZE.hidden).fill(1 / 8);
  const controller = new AbortController();
  const aligner = new WeightAligner(pair, controller.signal);
  await aligner.layer(0, directions.subarray(0, SIZE.hidden));
  const stopped = aligner.layer(0, directions);
  setTimeout(() => controller.abort(), 20);
  await expect(stopped).rejects.toThrow("It was stopped.");
  await aligner.close();
  await expect(aligner.layer(0, directions)).rejects.toThrow("It was stopped.");
});

test("a signal stops it, before it starts and while it runs", async () => {
  const folder = writeCheckpoint(tempFolder(), before, "BF16");
  const pair = openWeightPair(folder, folder);
  await expect(weightNorms(pair, { signal: AbortSignal.abort() })).rejects.toThrow("It was stopped.");
  const controller = new AbortController();
  const stopped = weightNorms(pair, { signal: controller.signal, onTensor: () => controller.abort() });
  await expect(stopped).rejects.toThrow("It was stopped.");
});
