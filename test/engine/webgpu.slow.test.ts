import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineFailure, type Captured, type GenerateRow, type RowSteering } from "../../src/domain/engine.ts";
import { parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { openModel } from "../../src/engine/index.ts";
import { capture } from "../../src/engine/session/capture.ts";
import { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import { generatePadded } from "../../src/engine/session/padded-generate.ts";
import type { PagedDecoder } from "../../src/engine/session/paged-decoder.ts";
import { generatePaged } from "../../src/engine/session/paged-generate.ts";
import { scorePaged } from "../../src/engine/session/paged-score.ts";
import { seededRandom } from "../../src/util/random.ts";
import { hasGpu } from "../rig/gpu.ts";
import { scriptArguments, sourceText } from "../rig/script.ts";
import { copyOf, relativeError, weightsDir } from "./models.ts";
import { BOUNDS, largestGap, onGpu, TYPES } from "./gpu-rig.ts";

const silent = (): void => {};
const hasWebGpu = await hasGpu("webgpu");
const GREEDY = { temperature: 0 } as const;

async function failure(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EngineFailure) return `${error.kind}: ${error.message}`;
    throw error;
  }
  return "did not fail";
}

describe.skipIf(!hasWebGpu).each(TYPES)("steering on WebGPU in %s", (type) => {
  let decoder: PagedDecoder;
  let vectors: Float32Array[];
  beforeAll(async () => {
    decoder = await onGpu(weightsDir("tied-bf16"), "webgpu", type);
    const random = seededRandom("vectors");
    vectors = Array.from({ length: 3 }, () =>
      Float32Array.from({ length: decoder.shape.hiddenSize }, () => 4 * random() - 2),
    );
  });
  afterAll(() => decoder.close());

  const ids = [5, 17, 44, 9, 200, 31];

  async function residuals(steering: readonly RowSteering[]): Promise<Captured> {
    const row = { ids, pools: ids.map((_, index) => [index]) };
    // Beside a row that is steered: its entries must not reach this one.
    const other = { ids: [3, 4], pools: [[0]] };
    const rows = [steering, [{ layer: 0, vector: 1, coefficient: 2 }]];
    const [captured] = await capture(decoder, [row, other], 4096, silent, { vectors, rows });
    return captured!;
  }

  /** [token · hidden] of one layer. */
  function layerOf({ means }: Captured, layer: number): number[] {
    const { layers, hiddenSize } = decoder.shape;
    return ids.flatMap((_, token) => {
      const at = (token * layers + layer) * hiddenSize;
      return Array.from(means.subarray(at, at + hiddenSize));
    });
  }

  it("adds coefficient · vector to the block's output at every token", async () => {
    const [plain, steered] = [await residuals([]), await residuals([{ layer: 1, vector: 2, coefficient: 0.5 }])];
    const { hiddenSize } = decoder.shape;
    const expected = layerOf(plain, 1).map((value, index) => value + 0.5 * vectors[2]![index % hiddenSize]!);
    expect(relativeError(layerOf(steered, 1), expected)).toBeLessThan(type === "float32" ? 1e-6 : 2e-3);
  });

  it("leaves the layers before bit-equal and changes those after; coefficient 0 changes none", async () => {
    const [plain, steered] = [await residuals([]), await residuals([{ layer: 1, vector: 0, coefficient: 3 }])];
    expect(layerOf(steered, 0)).toEqual(layerOf(plain, 0));
    expect(layerOf(steered, 2)).not.toEqual(layerOf(plain, 2));
    expect(await residuals([{ layer: 1, vector: 0, coefficient: 0 }])).toEqual(plain);
  });

  it("draws as the CPU's numbers would, and the same again", async () => {
    const rows = Array.from({ length: 40 }, (_, index): GenerateRow => {
      const topP = index % 2 === 0 ? 1 : 0.8;
      const steering = index % 3 === 0 ? [] : [{ layer: index % 3, vector: 1, coefficient: 1 }];
      const promptIds = Array.from({ length: 1 + index }, (__, at) => (index * 31 + at * 17) % 320);
      return { promptIds, maxNewTokens: 8, sampling: { temperature: 0.7, topP, seed: `row ${index}` }, steering };
    });
    const written = await generatePaged(decoder, rows, vectors, 100, silent);
    expect(await generatePaged(decoder, rows, vectors, 100, silent)).toEqual(written);
    const cpu = await PaddedDecoder.open(weightsDir("tied-bf16"));
    const first = rows.map((row) => ({ ...row, maxNewTokens: 1 }));
    const expected = await generatePadded(cpu, first, vectors, 4096, silent);
    const same = expected.filter((answer, row) => answer.ids[0] === written[row]!.ids[0]);
    // A number that falls beside the border of two tokens draws the other one.
    expect(same.length).toBeGreaterThanOrEqual(38);
    await cpu.close();
  });
});

describe.skipIf(!hasWebGpu)("long rows on WebGPU", () => {
  const instruct = weightsDir("tiny-instruct");
  /** Of several blocks of 256 tokens; they share the first, and some the second. */
  const prompts = [300, 530, 700, 257].map((length, row) =>
    Array.from({ length }, (_, at) => 3 + ((at * 7 + (at < 256 + 100 * row ? 0 : row * 101)) % 2000)),
  );

  it("are read in pieces, share blocks, and leave them to others", async () => {
    const decoder = await onGpu(instruct, "webgpu", "float32");
    const cpu = await PaddedDecoder.open(instruct);
    const rows = prompts.map((promptIds) => ({ promptIds, maxNewTokens: 4, sampling: GREEDY, steering: [] }));
    for (const maxBatchTokens of [4096, 100]) {
      const written = await generatePaged(decoder, rows, [], maxBatchTokens, silent);
      expect(await largestGap(cpu, rows, [], written)).toBeLessThan(2 * BOUNDS.float32.logits);
    }
    const whole = await scorePaged(decoder, prompts, [5, 9], 4096, silent);
    const pieces = await scorePaged(decoder, prompts, [5, 9], 100, silent);
    for (const [row, probabilities] of whole.entries()) {
      for (const [place, value] of probabilities.entries()) expect(pieces[row]![place]).toBeCloseTo(value, 3);
    }
    await decoder.close();
    await cpu.close();
  });
});

describe.skipIf(!hasWebGpu)("models on WebGPU", () => {
  it("work in two threads at once", async () => {
    const names = ["tied-bf16", "half-mha"];
    const models = await Promise.all(
      names.map((name) => openModel({ weightsDir: weightsDir(name), provider: "webgpu", maxBatchTokens: 256 })),
    );
    const rows = Array.from({ length: 8 }, (_, index) => {
      const promptIds = [0, 3 + index, 7];
      return { promptIds, maxNewTokens: 12, sampling: { temperature: 1, topP: 1, seed: `${index}` }, steering: [] };
    });
    const alone = [];
    for (const model of models) alone.push(await model.generate(rows, []));
    expect(await Promise.all(models.map((model) => model.generate(rows, [])))).toEqual(alone);
    await models[0]!.close();
    expect(await models[1]!.generate(rows, [])).toEqual(alone[1]);
    await models[1]!.close();
  });

  it("say that their numbers are too large for float16, and compute them in float32", async () => {
    const folder = copyOf("half-mha");
    const path = join(folder, "model.safetensors");
    const bytes = readFileSync(path);
    const { begin, end } = parseSafetensorsHeader(bytes).entries.get("model.embed_tokens.weight")!;
    // 2^15 in float16: the sum of a few is beyond 65,504.
    for (let at = begin; at < end; at += 2) bytes.writeUInt16LE(0x7800, at);
    writeFileSync(path, bytes);
    const opened = { weightsDir: folder, provider: "webgpu", maxBatchTokens: 256 } as const;
    const row = { ids: [0, 5], pools: [[1]] };
    const steering = [{ layer: 0, vector: 0, coefficient: 1 }];
    const answer = { promptIds: [0, 5], maxNewTokens: 2, sampling: GREEDY, steering };
    const large = [new Float32Array(32).fill(60_000)];
    const half = await openModel(opened);
    expect(await failure(() => half.generate([answer], large))).toBe(
      "not-finite: The prediction of token 0 of row 0 came out as NaN or infinity.",
    );
    expect((await half.capture([row]))[0]!.norms.every(Number.isFinite)).toBe(true);
    await half.close();
    const single = await openModel({ ...opened, dtype: "float32" });
    expect((await single.generate([answer], large))[0]!.ids.length).toBeGreaterThan(0);
    await single.close();
  });

  it("have no softcap in attention, and end where a window would begin", async () => {
    const gemma = weightsDir("gemma2");
    const opened = { provider: "webgpu", maxBatchTokens: 256 } as const;
    expect(await failure(() => openModel({ ...opened, weightsDir: gemma }))).toBe(
      `unsupported-model: ${gemma}: ONNX Runtime has no softcapped attention on WebGPU.`,
    );
    const mistral = await openModel({ ...opened, weightsDir: weightsDir("mistral") });
    expect(mistral.maxPositions).toBe(12);
    const row = { maxNewTokens: 6, sampling: GREEDY, steering: [] };
    expect((await mistral.generate([{ ...row, promptIds: [1, 2, 3, 4, 5, 6] }], []))[0]!.ids.length).toBeGreaterThan(0);
    await mistral.close();
  });

  it("let a program end that does not close them", () => {
    const script = `
      import { openModel } from ${sourceText("engine/index.ts")};
      const model = await openModel({ weightsDir: ${JSON.stringify(weightsDir("tied-bf16"))}, provider: "webgpu", maxBatchTokens: 64 });
      const row = { promptIds: [0, 5], maxNewTokens: 3, sampling: { temperature: 0 }, steering: [] };
      process.stdout.write(String((await model.generate([row], [])).length));
    `;
    const output = execFileSync(process.execPath, scriptArguments(script), { timeout: 300_000 });
    expect(output.toString()).toBe("1");
  });
});
