import { describe, expect, it } from "vitest";
import { signFlipP } from "../../src/math/sign-flips.ts";
import { seededRandom } from "../../src/util/random.ts";

describe("the sign-flip test", () => {
  it("counts sign assignments whose sum is at least as far from zero", () => {
    // |±1 ±2 ±3| ≥ 6: all plus and all minus, of 8.
    expect(signFlipP([1, 2, 3])).toBe(2 / 8);
    // |±1 ±2 ±3| ≥ 4: also −1+2+3 and its opposite.
    expect(signFlipP([-1, 2, 3])).toBe(4 / 8);
    expect(signFlipP([1, -1])).toBe(1);
  });

  it("is exact for ten questions, as a program that lists all 1024 assignments finds", () => {
    const differences = [12.5, -3.25, 8, 20.75, 4.5, -1, 9.25, 15, -6.5, 2];
    const observed = Math.abs(differences.reduce((sum, one) => sum + one, 0));
    let hits = 0;
    for (let mask = 0; mask < 1024; mask++) {
      const sum = differences.reduce((all, one, bit) => all + ((mask >> bit) & 1 ? -one : one), 0);
      if (Math.abs(sum) >= observed) hits++;
    }
    expect(signFlipP(differences)).toBe(hits / 1024);
  });

  it("does not lose equal sums to rounding", () => {
    expect(signFlipP([0.1, 0.2, 0.3, 0.1, 0.2, 0.3])).toBe(2 / 64);
    expect(signFlipP([0.3, 0.3, -0.1])).toBe(signFlipP([3, 3, -1]));
  });

  it("of nothing, or of no difference, is 1", () => {
    expect(signFlipP([])).toBe(1);
    expect(signFlipP([0, 0, 0])).toBe(1);
  });

  it("of many is drawn: near what the normal distribution says, and never 0", () => {
    // 30 differences with mean 0.4 and spread 1: z about 2.
    const alternating = Array.from({ length: 30 }, (_, index) => 0.4 + (index % 2 === 0 ? 1 : -1));
    expect(signFlipP(alternating)).toBeGreaterThan(0.02);
    expect(signFlipP(alternating)).toBeLessThan(0.05);
    expect(signFlipP(Array.from({ length: 40 }, () => 1))).toBe(1 / 100_001);
  });

  it("holds its level: of experiments without an effect, about one in twenty is below 0.05", () => {
    const random = seededRandom("level");
    const ps = Array.from({ length: 400 }, () => signFlipP(Array.from({ length: 10 }, () => random() - 0.5)));
    const share = ps.filter((p) => p <= 0.05).length / ps.length;
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.08);
  });
});
