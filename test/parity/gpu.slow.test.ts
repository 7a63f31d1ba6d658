import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DTYPES_OF, type FloatType } from "../../src/domain/engine.ts";
import { capture } from "../../src/engine/session/capture.ts";
import { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import type { PagedDecoder } from "../../src/engine/session/paged-decoder.ts";
import { generatePaged } from "../../src/engine/session/paged-generate.ts";
import { scorePaged } from "../../src/engine/session/paged-score.ts";
import { FIXTURES, readGolden, relativeError, weightsDir } from "../engine/models.ts";
import { BOUNDS, largestGap, onGpu } from "../engine/gpu-rig.ts";
import { hasGpu, type GpuProvider } from "../rig/gpu.ts";

const silent = (): void => {};
/** WebGPU has neither softcaps nor local attention. */
const NOT_ON_WEBGPU = ["gemma2", "mistral"];
const NAMES = [...FIXTURES, "tiny-instruct"];
const NAMES_OF = { cuda: NAMES, webgpu: NAMES.filter((name) => !NOT_ON_WEBGPU.includes(name)) };

for (const provider of ["cuda", "webgpu"] as const) {
  const cases = NAMES_OF[provider].flatMap((name) => DTYPES_OF[provider].map((type) => [name, type] as const));
  const isThere = await hasGpu(provider);
  describe.skipIf(!isThere).each(cases)(`%s on ${provider} in %s against transformers in fp32`, (name, type) => {
    compared(provider, name, type);
  });
}

function compared(provider: GpuProvider, name: string, type: FloatType): void {
  const golden = readGolden(name);
  const rows = golden.prompts;
  const bounds = BOUNDS[type];
  let decoder: PagedDecoder;
  beforeAll(async () => {
    decoder = await onGpu(weightsDir(name), provider, type);
  });
  afterAll(() => decoder.close());

  it("predicts nearly the same logits", async () => {
    const every = [...rows.keys()];
    const { logits } = await decoder.forward({ rows: rows.map(({ ids }) => ids), predict: every, logitRows: every });
    const size = decoder.shape.vocabSize;
    const errors = rows.map((row, index) =>
      relativeError(logits.subarray(index * size, (index + 1) * size), row.logits),
    );
    expect(Math.max(...errors)).toBeLessThan(bounds.logits);
  });

  it("pools nearly the same residual streams and norms", async () => {
    const captured = await capture(decoder, rows, 64, silent);
    for (const [index, row] of rows.entries()) {
      expect(relativeError(captured[index]!.norms, row.norms.flat())).toBeLessThan(bounds.norms);
      if (row.means === undefined) continue;
      expect(relativeError(captured[index]!.means, row.means.flat())).toBeLessThan(bounds.means);
    }
  });

  it("gives nearly the same next-token probabilities", async () => {
    const tokenIds = [0, 7, decoder.shape.vocabSize - 1];
    const prompts = rows.map(({ ids }) => ids);
    const probabilities = await scorePaged(decoder, prompts, tokenIds, 64, silent);
    for (const [index, { logits }] of rows.entries()) {
      const highest = Math.max(...logits);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
      for (const [place, id] of tokenIds.entries()) {
        const expected = Math.exp(logits[id]! - highest) / total;
        expect(Math.abs(probabilities[index]![place]! - expected)).toBeLessThan(bounds.logits);
      }
    }
  });

  it.each([4096, 7])(
    "answers as the CPU does but for near ties, steered or not, in passes of %i tokens",
    async (most) => {
      const { layer, coefficient, vector, ids } = golden.steered;
      const row = { maxNewTokens: 12, sampling: { temperature: 0 } as const };
      const answers = [
        ...rows.map(({ ids: promptIds }) => ({ ...row, promptIds, steering: [] })),
        { ...row, promptIds: ids, steering: [{ layer, vector: 0, coefficient }] },
      ];
      const vectors = [Float32Array.from(vector)];
      const written = await generatePaged(decoder, answers, vectors, most, silent);
      const cpu = await PaddedDecoder.open(weightsDir(name));
      expect(await largestGap(cpu, answers, vectors, written)).toBeLessThan(2 * bounds.logits);
      await cpu.close();
    },
  );
}
