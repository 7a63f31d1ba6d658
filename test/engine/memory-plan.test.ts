import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheBytesPerToken, passBytes, planMemory, type MemoryRequest } from "../../src/engine/session/memory-plan.ts";

const GB = 1e9;

/** Llama-3.1-8B in bfloat16, with an 80 GB card to itself. */
const LLAMA: MemoryRequest = {
  freeBytes: 80 * GB,
  weightsBytes: 8_030_261_248 * 2,
  workBytes: 2 * GB,
  layers: 32,
  kvHeads: 8,
  headDim: 128,
  bytesPerElement: 2,
  blockTokens: 128,
  minTokens: 4096,
  maxTokens: 10_000_000,
};

describe("memory plan", () => {
  it("counts keys and values of every layer", () => {
    expect(cacheBytesPerToken(LLAMA)).toBe(131_072);
  });

  it("gives the cache what weights and work leave", () => {
    // (80 · 0.95 − 16.06 − 2) GB in blocks of 128 tokens of 131,072 bytes.
    expect(planMemory(LLAMA)).toEqual({
      fits: true,
      blocks: 3453,
      cacheTokens: 441_984,
      cacheBytes: 57_931_726_848,
      totalBytes: 75_992_249_344,
    });
  });

  it("makes no more blocks than can be filled", () => {
    expect(planMemory({ ...LLAMA, maxTokens: 5000 })).toMatchObject({ fits: true, blocks: 40, cacheTokens: 5120 });
  });

  it("says how much is missing where the longest row has no room", () => {
    const plan = planMemory({ ...LLAMA, freeBytes: 16 * GB });
    expect(plan).toEqual({ fits: false, neededBytes: 18_597_393_408, missingBytes: 3_397_393_408 });
  });

  const requests = fc.record({
    freeBytes: fc.nat({ max: 2e11 }),
    weightsBytes: fc.nat({ max: 1e11 }),
    workBytes: fc.nat({ max: 1e10 }),
    layers: fc.integer({ min: 1, max: 100 }),
    kvHeads: fc.integer({ min: 1, max: 64 }),
    headDim: fc.constantFrom(16, 64, 128, 256),
    bytesPerElement: fc.constantFrom(2, 4),
    blockTokens: fc.constantFrom(1, 64, 128, 256),
    minTokens: fc.integer({ min: 1, max: 1e5 }),
    maxTokens: fc.integer({ min: 1, max: 1e6 }),
  });

  it("never plans with more than there is, and leaves no block out that has room and use", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const plan = planMemory(request);
        if (!plan.fits) return;
        const usable = request.freeBytes * 0.95;
        const blockBytes = request.blockTokens * cacheBytesPerToken(request);
        expect(plan.totalBytes).toBeLessThanOrEqual(usable);
        expect(plan.cacheTokens).toBeGreaterThanOrEqual(request.minTokens);
        const useful = Math.max(request.minTokens, request.maxTokens);
        expect(plan.cacheTokens - useful).toBeLessThan(request.blockTokens);
        if (plan.cacheTokens < useful) expect(plan.totalBytes + blockBytes).toBeGreaterThan(usable - 1);
      }),
    );
  });

  it("fits with what it says is missing, and not with a byte less", () => {
    fc.assert(
      fc.property(requests, (wanted) => {
        const request = { ...wanted, spare: 0 };
        const plan = planMemory(request);
        if (plan.fits) return;
        const enough = request.freeBytes + plan.missingBytes;
        expect(planMemory({ ...request, freeBytes: enough }).fits).toBe(true);
        expect(planMemory({ ...request, freeBytes: enough - 1 }).fits).toBe(false);
      }),
    );
  });

  it("counts the widest place of a pass, and fp32 logits of the rows that are predicted", () => {
    const shape = {
      hiddenSize: 4096,
      intermediateSize: 14_336,
      heads: 32,
      kvHeads: 8,
      headDim: 128,
      vocabSize: 128_256,
    };
    expect(passBytes(shape, { tokens: 1, predictedRows: 0, bytesPerElement: 2 })).toBe((3 * 4096 + 4 * 14_336) * 2);
    expect(passBytes(shape, { tokens: 0, predictedRows: 3, bytesPerElement: 2 })).toBe(3 * 128_256 * 8);
  });
});
