import { expect, test } from "vitest";
import { cosine, norm } from "../../src/math/vector.ts";
import { randomDirection } from "../../src/methods/random.ts";

test("a direction is its seed's, and has unit norm", () => {
  for (const dimension of [1, 2, 3, 64, 1001]) {
    const direction = randomDirection("0/1", dimension);
    expect(direction).toHaveLength(dimension);
    expect(norm(direction)).toBeCloseTo(1, 6);
    expect(randomDirection("0/1", dimension)).toEqual(direction);
  }
});

test("directions of neighbouring seeds are as far apart as random ones are", () => {
  const dimension = 400;
  const directions = Array.from({ length: 40 }, (_, i) => randomDirection(`7/${i}`, dimension));
  const cosines = directions.flatMap((a, i) => directions.slice(i + 1).map((b) => cosine(a, b)));
  const meanSquare = cosines.reduce((sum, value) => sum + value * value, 0) / cosines.length;
  expect(meanSquare * dimension).toBeGreaterThan(0.8); // expected: 1
  expect(meanSquare * dimension).toBeLessThan(1.2);
});

test("no coordinate is preferred", () => {
  const sums = new Float64Array(8);
  for (let i = 0; i < 2000; i++) {
    for (const [column, value] of randomDirection(`axes/${i}`, 8).entries()) sums[column]! += value * value;
  }
  for (const sum of sums) expect(sum / 2000).toBeCloseTo(1 / 8, 1.5);
});
