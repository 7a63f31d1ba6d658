import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firstCoefficient, trialCount, type AdaptiveParams } from "../../src/domain/search-params.ts";
import { nextTrials, type Tried } from "../../src/runtime/search/index.ts";

const study: AdaptiveParams = {
  algorithm: "adaptive",
  evaluations: 5,
  start: 0.7,
  up: 1.3,
  down: 0.85,
  momentum: 0.1,
  minCoherence: 70,
};

/** The coefficients that are tried at one layer whose answers have these coherences. */
function trajectory(coherences: readonly (number | null)[], params: AdaptiveParams = study, base = 10): number[] {
  const starts = [{ layer: 3, first: firstCoefficient(params, base) }];
  const tried: Tried[] = [];
  for (;;) {
    const [trial] = nextTrials(params, starts, tried);
    if (trial === undefined) return tried.map(({ coefficient }) => coefficient);
    tried.push({ ...trial, traitMean: 50, coherenceMean: coherences[tried.length] ?? null });
  }
}

/** Made by test/golden/make_search_goldens.py. */
const goldens = JSON.parse(readFileSync(new URL("../golden/search.json", import.meta.url), "utf8")) as readonly {
  readonly base: number;
  readonly params: Record<"evaluations" | "start" | "up" | "down" | "momentum" | "min_coherence", number>;
  readonly coherences: readonly (number | null)[];
  readonly coefficients: readonly number[];
}[];

describe("the adaptive schedule", () => {
  it("tries what the study's words come to in Python, to the bit", () => {
    expect(goldens.length).toBeGreaterThan(100);
    for (const { base, params, coherences, coefficients } of goldens) {
      const { min_coherence: minCoherence, ...rest } = params;
      expect(trajectory(coherences, { ...rest, algorithm: "adaptive", minCoherence }, base)).toEqual(coefficients);
    }
  });

  it("spans 0.37 to 1.95 of the residual norm in five evaluations, as the study states", () => {
    expect(trajectory([90, 90, 90, 90]).at(-1)).toBeCloseTo(19.5, 1);
    expect(trajectory([0, 0, 0, 0]).at(-1)).toBeCloseTo(3.7, 1);
  });

  it("goes through all layers in lock-step, each by its own coherence", () => {
    const starts = [
      { layer: 2, first: 7 },
      { layer: 5, first: 14 },
    ];
    const tried = (layer: number, coefficient: number, coherenceMean: number): Tried => ({
      layer,
      coefficient,
      traitMean: 50,
      coherenceMean,
    });
    expect(nextTrials(study, starts, [])).toEqual([
      { layer: 2, coefficient: 7 },
      { layer: 5, coefficient: 14 },
    ]);
    expect(nextTrials(study, starts, [tried(2, 7, 90), tried(5, 14, 20)])).toEqual([
      { layer: 2, coefficient: expect.closeTo(7 * 1.27, 10) },
      { layer: 5, coefficient: expect.closeTo(14 * 0.865, 10) },
    ]);
    expect(trialCount(study, 2)).toBe(10);
  });
});
