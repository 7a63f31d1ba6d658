import { expect, test } from "vitest";
import { principalDirection } from "../../src/math/principal-direction.ts";
import { symmetricEigen } from "../../src/math/symmetric-eigen.ts";
import { cosine, norm } from "../../src/math/vector.ts";
import { seededRandom } from "../../src/util/random.ts";

function matrix(rows: number, columns: number, entry: (row: number, column: number) => number) {
  const data = Float64Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns));
  return { data, rows, columns };
}

test.each([
  [1, 1],
  [1, 40],
  [40, 1],
  [3, 50],
  [50, 3],
  [60, 60],
  [120, 90],
])("is the eigenvector of XᵀX with the largest eigenvalue: [%i, %i]", (rows, columns) => {
  const random = seededRandom(`${rows}/${columns}`);
  const x = matrix(rows, columns, () => random() - 0.5);
  const gram = matrix(columns, columns, (i, j) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += x.data[row * columns + i]! * x.data[row * columns + j]!;
    return sum;
  });
  const { values, vectors } = symmetricEigen(gram.data, columns);
  const { direction, value } = principalDirection(x)!;
  expect(norm(direction)).toBeCloseTo(1, 12);
  expect(Math.abs(cosine(direction, vectors[0]!))).toBeCloseTo(1, 10);
  expect(value / Math.sqrt(values[0]!)).toBeCloseTo(1, 10);
});

test("two directions that are equally long are one of them", () => {
  const { direction, value } = principalDirection(matrix(4, 4, (i, j) => (i === j ? [2, 2, 1, 0.5][i]! : 0)))!;
  expect(value).toBeCloseTo(2, 10);
  expect(Math.hypot(direction[0]!, direction[1]!)).toBeCloseTo(1, 10);
});

test("a matrix of zeros has none", () => {
  expect(principalDirection(matrix(3, 5, () => 0))).toBeUndefined();
});
