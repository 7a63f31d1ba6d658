import type { Matrix } from "../math/matrix.ts";
import { principalDirection } from "../math/principal-direction.ts";
import { normalise } from "../math/vector.ts";
import { classMeans, midpointProjection, towardsPositives, type ClassMeans } from "./class-means.ts";
import type { Method, Pair, Rows } from "./types.ts";

/**
 * The first principal component of the differences positive − negative of all pairs: the direction along which they are
 * longest. They are not centred, since what they have in common, their mean, is what is looked for. Data without pairs is
 * taken as if every positive were paired with every negative. The sign leads from the negatives' mean to the positives';
 * `norm` is the root mean square of the differences along the direction.
 *
 * Source: Zou et al. (2023), Representation Engineering, where pairs are taken in random order for the same end: the sign
 * of a difference then has mean zero, and the component is that of the uncentred differences.
 */
export const pca: Method = {
  name: "pca",
  version: "1",
  isSeeded: false,
  fit(positives, negatives, { pairs }) {
    const means = classMeans(positives, negatives);
    if ("failure" in means) return means;
    if (pairs?.length === 0) return { failure: "no positive row has its pair among the negatives" };
    const differences =
      pairs === undefined ? allDifferences(positives, negatives, means) : ofPairs(pairs, positives, negatives);
    const found = principalDirection(differences);
    if (found === undefined) return { failure: "the rows of every pair are the same" };
    const unit = normalise(towardsPositives(found.direction, means) ?? new Float64Array(0));
    if (unit === undefined) return { failure: "the first component is at right angles to the difference of the means" };
    return { vector: unit.direction, norm: found.value, baseline: midpointProjection(means, unit.direction) };
  },
};

/** [pairs, columns], divided by √pairs, so that XᵀX is the mean of the differences' outer products. */
function ofPairs(pairs: readonly Pair[], positives: Rows, negatives: Rows): Matrix<Float64Array> {
  const { columns } = positives;
  const scale = 1 / Math.sqrt(pairs.length);
  const data = new Float64Array(pairs.length * columns);
  for (const [row, [positive, negative]] of pairs.entries()) {
    for (let column = 0; column < columns; column++) {
      const difference = positives.data[positive * columns + column]! - negatives.data[negative * columns + column]!;
      data[row * columns + column] = difference * scale;
    }
  }
  return { data, rows: pairs.length, columns };
}

/**
 * The same XᵀX over every positive with every negative, without making them all: the mean outer product of their
 * differences is Cov₊ + Cov₋ + ΔΔᵀ, Δ the difference of the means. [positives + negatives + 1, columns]
 */
function allDifferences(positives: Rows, negatives: Rows, means: ClassMeans): Matrix<Float64Array> {
  const { columns } = positives;
  const rows = positives.rows + negatives.rows + 1;
  const data = new Float64Array(rows * columns);
  const center = ({ data: from, rows: count }: Rows, mean: Float64Array, first: number): void => {
    const scale = 1 / Math.sqrt(count);
    for (const [i, value] of from.entries()) data[first * columns + i] = (value - mean[i % columns]!) * scale;
  };
  center(positives, means.positive, 0);
  center(negatives, means.negative, positives.rows);
  data.set(means.difference, (rows - 1) * columns);
  return { data, rows, columns };
}
