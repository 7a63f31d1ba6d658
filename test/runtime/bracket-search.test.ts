import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trialCount, type BracketParams } from "../../src/domain/search-params.ts";
import { nextTrials, type Start, type Tried } from "../../src/runtime/search/index.ts";

const params: BracketParams = {
  algorithm: "bracket",
  steps: 3,
  points: 2,
  start: 0.5,
  spread: 4,
  keep: 0.5,
  minCoherence: 70,
};

/** How answers of a layer are: the trait rises with the coefficient until coherence is lost at the limit. */
interface Layer extends Start {
  readonly limit: number;
  readonly gain: number;
}

/** Every step's trials, against layers whose answers are like that. */
function run(layers: readonly Layer[], more: Partial<BracketParams> = {}): Tried[][] {
  const all = { ...params, ...more } as BracketParams;
  const steps: Tried[][] = [];
  for (;;) {
    const trials = nextTrials(all, layers, steps.flat());
    if (trials.length === 0) return steps;
    steps.push(
      trials.map(({ layer, coefficient }) => {
        const { limit, gain } = layers.find((one) => one.layer === layer) as Layer;
        const coherenceMean = coefficient <= limit ? 95 - (25 * coefficient) / limit : 20;
        return { layer, coefficient, traitMean: gain * Math.min(coefficient, limit), coherenceMean };
      }),
    );
  }
}

const layer = (at: number, limit: number, gain = 1): Layer => ({ layer: at, first: 8, limit, gain });
const coefficients = (step: readonly Tried[] | undefined, at: number) =>
  step?.flatMap(({ layer: one, coefficient }) => (one === at ? [coefficient] : []));

describe("the bracket search", () => {
  it("tries several coefficients a step at each layer, around the start, then inside the bracket", () => {
    const [first, second, third] = run([layer(3, 9)]);
    expect(coefficients(first, 3)).toEqual([4, 16]);
    // From 4 to 16 in three equal factors.
    expect(coefficients(second, 3)).toEqual([4 * 4 ** (1 / 3), 4 * 4 ** (2 / 3)].map((c) => expect.closeTo(c, 10)));
    const [low, high] = [4 * 4 ** (1 / 3), 4 * 4 ** (2 / 3)];
    const ratio = high / low;
    expect(coefficients(third, 3)).toEqual(
      [low * ratio ** (1 / 3), low * ratio ** (2 / 3)].map((c) => expect.closeTo(c, 10)),
    );
  });

  it("goes on beyond what is all coherent, and below what is not at all", () => {
    expect(coefficients(run([layer(3, 1000)])[1], 3)).toEqual([64, 256]);
    expect(coefficients(run([layer(3, 0.9)])[1], 3)).toEqual([1, 0.25]);
  });

  it("goes on with the layers that promise most at the limit, not with those that are ahead below it", () => {
    // Layer 1 gains more for its coefficient, layer 2 can go much further.
    const steps = run([layer(1, 5, 3), layer(2, 15, 2), layer(3, 5, 1), layer(4, 0.1, 1)]);
    expect(steps.map((step) => [1, 2, 3, 4].filter((at) => step.some((one) => one.layer === at)))).toEqual([
      [1, 2, 3, 4],
      [1, 2],
      [2],
    ]);
  });

  it("takes a missing score for incoherent, and layers without any promise in their order", () => {
    const starts = [layer(1, 5), layer(2, 5)];
    const unscored = nextTrials(params, starts, []).map((trial) => ({
      ...trial,
      traitMean: null,
      coherenceMean: null,
    }));
    expect(nextTrials(params, starts, unscored)).toEqual([
      { layer: 1, coefficient: 1 },
      { layer: 1, coefficient: 0.25 },
    ]);
  });

  it("is of the size that the plan says, tries nothing twice, and ends near the limit of the best layer", () => {
    const layers = fc
      .array(
        fc.record({
          limit: fc.double({ min: 1, max: 60, noNaN: true }),
          gain: fc.double({ min: 0.5, max: 4, noNaN: true }),
        }),
        {
          minLength: 1,
          maxLength: 12,
        },
      )
      .map((all) => all.map(({ limit, gain }, index) => layer(index, limit, gain)));
    fc.assert(
      fc.property(layers, fc.integer({ min: 2, max: 4 }), fc.integer({ min: 3, max: 5 }), (all, points, steps) => {
        const tried = run(all, { points, steps, keep: 1 }).flat();
        expect(tried).toHaveLength(trialCount({ ...params, points, steps, keep: 1 }, all.length));
        expect(new Set(tried.map(({ layer: at, coefficient }) => `${at} ${coefficient}`)).size).toBe(tried.length);
        for (const { layer: at, limit } of all) {
          const coherent = tried.flatMap((one) =>
            one.layer === at && one.coefficient <= limit ? [one.coefficient] : [],
          );
          // From a factor of at most 4, or what is beyond, each step cuts at least in three.
          expect(Math.max(...coherent)).toBeGreaterThan(limit / 2.6);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a share of the layers each step, one at least", () => {
    const eleven = Array.from({ length: 11 }, (_, index) => layer(index, 5, index + 1));
    expect(run(eleven, { steps: 6 }).map((step) => step.length)).toEqual([22, 12, 6, 4, 2, 2]);
    expect(trialCount({ ...params, steps: 6 }, 11)).toBe(48);
  });
});
