import { describe, expect, it } from "vitest";
import { comparePositions, type AtPosition } from "../../src/runtime/positions.ts";
import { seededRandom } from "../../src/util/random.ts";

const QUESTIONS = 20;
const reporting = Array.from({ length: QUESTIONS / 2 }, (_, index) => 2 * index + 1);
const random = seededRandom("noise");
/** How hard each question is: the same for every position. */
const difficulty = Array.from({ length: QUESTIONS }, () => 60 * random());

/** Answers whose score is a position's effect on top of the question's difficulty. */
function at(position: string, effect: number, more: Partial<AtPosition> = {}): AtPosition {
  const scores = difficulty.map((base) => ({ trait: base + effect + 4 * random(), coherence: 90 }));
  const names = { trait: "sycophancy", dataset: "natural", variant: "base", method: "probe" };
  return { ...names, position, scores, reporting, ...more };
}

const found = (bests: readonly AtPosition[]) =>
  comparePositions(bests, 0.95).map(({ position, beside, p_adjusted: p }) => [`${position} − ${beside}`, p <= 0.05]);

describe("positions", () => {
  it("that differ are told apart, and those that do not are not, however much questions differ", () => {
    expect(found([at("response[:5]", 0), at("response[:10]", 0), at("response[:15]", 20)])).toEqual([
      ["response[:10] − response[:5]", false],
      ["response[:15] − response[:5]", true],
      ["response[:15] − response[:10]", true],
    ]);
  });

  it("are compared question by question on the reporting half, by exact numbers", () => {
    const scores = (traits: readonly (number | null)[]) => traits.map((trait) => ({ trait, coherence: 90 }));
    const [comparison] = comparePositions(
      [
        { ...at("response[:5]", 0), scores: scores([0, 10, 0, 20, 0, 30, 0, null]), reporting: [1, 3, 5, 7] },
        { ...at("response[:10]", 0), scores: scores([99, 11, 99, 22, 99, 33, 99, 90]), reporting: [1, 3, 5, 7] },
      ],
      0.95,
    );
    expect(comparison).toMatchObject({ trait_delta: 2, n: 3, p: 2 / 8, p_adjusted: 2 / 8 });
    expect(comparison?.interval).toEqual([1, 3]);
  });

  it("are compared with their like only: the same trait, dataset, variant and method", () => {
    const others = [at("a", 0), at("b", 0, { method: "mean_diff" }), at("b", 0, { dataset: "instruction" })];
    expect(found(others)).toEqual([]);
    expect(found([...others, at("b", 0, { variant: "instruct" }), at("b", 0, { trait: "evil" })])).toEqual([]);
  });

  it("of one trait share the chance of a false finding, whatever the number of others", () => {
    const pair = (method: string) => [at("a", 0, { method }), at("b", 30, { method })];
    const evil = [at("a", 0, { trait: "evil" }), at("b", 30, { trait: "evil" })];
    const comparisons = comparePositions([...pair("probe"), ...pair("mean_diff"), ...evil], 0.95);
    // All ten questions go the same way: 2 of 1024 assignments of signs.
    expect(comparisons.map(({ trait, p, p_adjusted }) => [trait, p, p_adjusted])).toEqual([
      ["sycophancy", 2 / 1024, 4 / 1024],
      ["sycophancy", 2 / 1024, 4 / 1024],
      ["evil", 2 / 1024, 2 / 1024],
    ]);
  });
});
