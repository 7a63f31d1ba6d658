import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchesByLength } from "../../src/engine/session/batches.ts";
import { sampleToken } from "../../src/engine/session/sampler.ts";
import { seededRandom } from "../../src/util/random.ts";

describe("sampleToken", () => {
  it("draws as often as the distribution says", () => {
    const logits = Float32Array.from([0.1, 0.2, 0.3, 0.4], Math.log);
    const random = seededRandom("counts");
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 20_000; draw++) {
      counts[sampleToken(logits, { temperature: 1, topP: 1, seed: "" }, random())]!++;
    }
    for (const [id, count] of counts.entries()) expect(count / 20_000).toBeCloseTo((id + 1) / 10, 1);
  });

  it("keeps the smallest set that reaches topP, the token that crosses it included", () => {
    const logits = Float32Array.from([0.1, 0.2, 0.3, 0.4], Math.log);
    const drawn = (topP: number): number[] =>
      [
        ...new Set(
          Array.from({ length: 100 }, (_, step) => sampleToken(logits, { temperature: 1, topP, seed: "" }, step / 100)),
        ),
      ].toSorted((a, b) => a - b);
    expect(drawn(0.05)).toEqual([3]);
    expect(drawn(0.5)).toEqual([2, 3]);
    expect(drawn(0.75)).toEqual([1, 2, 3]);
    expect(drawn(1)).toEqual([0, 1, 2, 3]);
  });

  it("finds the same nucleus as a full sort", () => {
    const logits = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 50 });
    const fraction = fc.double({ min: 0.01, max: 0.999, noNaN: true });
    const property = fc.property(logits, fraction, fraction, (values, topP, uniform) => {
      const given = Float32Array.from(values);
      const highest = Math.max(...given);
      const weights = Array.from(given, (logit) => Math.exp((logit - highest) / 0.7));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const sorted = [...weights.keys()].toSorted((a, b) => weights[b]! - weights[a]! || a - b);
      let reached = 0;
      const kept = sorted.filter((id) => {
        const keep = reached < topP * total;
        if (keep) reached += weights[id]!;
        return keep;
      });
      expect(kept).toContain(sampleToken(given, { temperature: 0.7, topP, seed: "" }, uniform));
    });
    fc.assert(property);
  });
});

describe("batchesByLength", () => {
  it("holds every row once, within the budget unless a row is alone", () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 50 })),
      fc.integer({ min: 1, max: 200 }),
      (lengths, budget) => {
        const batches = batchesByLength(lengths, budget);
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
        for (const batch of batches) {
          const width = Math.max(...batch.map((index) => lengths[index]!));
          expect(batch.length === 1 || batch.length * width <= budget).toBe(true);
        }
      },
    );
    fc.assert(property);
  });
});
