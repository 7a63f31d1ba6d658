import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Alignment } from "../../src/engine/weights-analysis/alignment.ts";
import { ChangeReader } from "../../src/engine/weights-analysis/change.ts";
import { logitLensTokens } from "../../src/engine/weights-analysis/lens-tokens.ts";
import { weightNorms } from "../../src/engine/weights-analysis/norms.ts";
import { openWeightPair, writerOf, type WeightPair } from "../../src/engine/weights-analysis/pair.ts";
import { Products } from "../../src/engine/weights-analysis/products.ts";
import { residualChanges } from "../../src/engine/weights-analysis/residual-changes.ts";
import { TensorFiles } from "../../src/engine/weights-analysis/tensor-file.ts";
import type { Checkpoint } from "../../src/engine/weights/checkpoint.ts";
import { randomDirection } from "../../src/methods/random.ts";
import { copyOf, FAMILIES, relativeError, weightsDir } from "./models.ts";

/** A family's fixture, and a copy in which every number is a little different. */
function pairOf(name: string): WeightPair {
  const folder = copyOf(name);
  const path = join(folder, "model.safetensors");
  const bytes = readFileSync(path);
  // bf16: the lower byte of each is the end of its fraction and of its exponent.
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  for (let at = begin; at < bytes.length; at += 2) bytes[at]! ^= (at * 2654435761) & 0x3f;
  writeFileSync(path, bytes);
  return openWeightPair(weightsDir(name), folder);
}

const files = new TensorFiles();

function floats({ tensors }: Checkpoint, name: string): Float32Array {
  const tensor = tensors.get(name)!;
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  return files.readFloats(tensor, 0, count).slice();
}

/** What a matrix writes to the residual stream, from its definition: rows times the gains of the norm after it. */
function effective(checkpoint: Checkpoint, name: string, norm: string | undefined): number[][] {
  const [columns] = checkpoint.tensors.get(name)!.shape.slice(1);
  const data = floats(checkpoint, name);
  return Array.from({ length: data.length / columns! }, (_, row) => {
    const gain = norm === undefined ? 1 : 1 + floats(checkpoint, norm)[row]!;
    return [...data.subarray(row * columns!, (row + 1) * columns!)].map((value) => gain * value);
  });
}

function changeOf({ from, to }: WeightPair, name: string, norm: string | undefined): number[][] {
  const before = effective(from, name, norm);
  return effective(to, name, norm).map((row, index) => row.map((value, column) => value - before[index]![column]!));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each(FAMILIES)("every tensor of %s is one of its family's", (name) => {
  const { to, tensors } = openWeightPair(weightsDir(name), weightsDir(name));
  expect(tensors.map((tensor) => tensor.name).toSorted()).toEqual([...to.tensors.keys()].toSorted());
});

describe.each(["qwen3", "gemma2"])("weight analysis of %s", (name) => {
  const isGemma = name === "gemma2";
  const changesOf = (pair: WeightPair, layer: number): number[][][] => {
    const block = `model.layers.${layer}`;
    return [
      changeOf(
        pair,
        `${block}.self_attn.o_proj.weight`,
        isGemma ? `${block}.post_attention_layernorm.weight` : undefined,
      ),
      changeOf(
        pair,
        `${block}.mlp.down_proj.weight`,
        isGemma ? `${block}.post_feedforward_layernorm.weight` : undefined,
      ),
    ];
  };

  test("compares every tensor as it is stored", async () => {
    const pair = pairOf(name);
    const norms = await weightNorms(pair);
    const off = norms.filter(({ name: tensor, change }) => {
      const [x, y] = [floats(pair.from, tensor), floats(pair.to, tensor)];
      const expected = Math.sqrt(x.reduce((sum, value, index) => sum + (y[index]! - value) ** 2, 0));
      return !(change > 0 && Math.abs(change / expected - 1) < 1e-12);
    });
    expect(off).toEqual([]);
  });

  test("takes for a layer's change what reaches the residual stream", async () => {
    const pair = pairOf(name);
    for (const [layer, residual] of (await residualChanges(pair)).entries()) {
      const [o = [], down = []] = changesOf(pair, layer);
      const expected = o.map((row, index) => mean(row) + mean(down[index]!));
      expect(relativeError(residual, expected)).toBeLessThan(1e-6);
    }
  });

  test("asks how much of that change writes along a direction", async () => {
    const pair = pairOf(name);
    const directions = randomDirection("asked", pair.hiddenSize);
    const products = await Products.open();
    const writers = { o_proj: writerOf(pair, 1, "o_proj"), down_proj: writerOf(pair, 1, "down_proj") };
    const found = await new Alignment(new ChangeReader(files), products).layer({ writers, directions });
    await products.close();
    for (const [index, writer] of (["o_proj", "down_proj"] as const).entries()) {
      const change = changesOf(pair, 1)[index]!;
      const along = change[0]!.map((_, column) =>
        change.reduce((sum, row, at) => sum + directions[at]! * row[column]!, 0),
      );
      const total = Math.hypot(...change.flat());
      expect(relativeError([found.writers[writer]!.norm], [total])).toBeLessThan(1e-6);
      expect(relativeError(found.writers[writer]!.responses, [Math.hypot(...along) / total])).toBeLessThan(1e-5);
    }
  });

  test("looks through the final norm, the output matrix and the softcap of the model", async () => {
    const pair = pairOf(name);
    const direction = Float64Array.from(randomDirection("looked at", pair.hiddenSize));
    const [tokens] = await logitLensTokens(pair, [direction], 10);
    const { architecture, shape } = pair.to;
    const norm = floats(pair.to, architecture.finalNorm);
    const head = floats(pair.to, shape.tiedHead ? architecture.embedding : architecture.head);
    const rootMeanSquare = Math.hypot(...direction) / Math.sqrt(direction.length);
    const normed = direction.map((value, index) => (value / rootMeanSquare) * (norm[index]! + (isGemma ? 1 : 0)));
    const logits = Array.from({ length: shape.vocabSize }, (_, token) => {
      const logit = normed.reduce((sum, value, index) => sum + value * head[token * normed.length + index]!, 0);
      return isGemma ? 8 * Math.tanh(logit / 8) : logit;
    });
    const order = [...logits.keys()].toSorted((a, b) => logits[b]! - logits[a]!).slice(0, 10);
    expect(tokens?.toward.map(({ id }) => id)).toEqual(order);
    const expected = order.map((id) => logits[id]!);
    expect(relativeError(tokens?.toward.map(({ value }) => value) ?? [], expected)).toBeLessThan(1e-5);
  });
});
