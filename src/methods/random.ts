import { seededNormals } from "../math/normals.ts";
import { normalise } from "../math/vector.ts";
import { classMeans, midpointProjection } from "./class-means.ts";
import type { Method } from "./types.ts";

/**
 * A direction that means nothing, steered and measured as any other vector: a null of the whole way from the search to
 * the results. It looks at no row, so its sign is as random as the rest of it.
 */
export const random: Method = {
  name: "random",
  version: "1",
  isSeeded: true,
  fit(positives, negatives, { seed }) {
    const means = classMeans(positives, negatives);
    if ("failure" in means) return means;
    const vector = randomDirection(seed, positives.columns);
    return { vector, norm: 1, baseline: midpointProjection(means, vector) };
  },
};

/**
 * A direction that means nothing, for the null of a steering result: uniform on the sphere, [dimension], unit norm. The
 * same seed gives the same direction.
 *
 * Source: Marsaglia (1972), Choosing a point from the surface of a sphere: independent normals, normalised.
 */
export function randomDirection(seed: string, dimension: number): Float32Array {
  const unit = normalise(seededNormals(seed, dimension));
  if (unit === undefined) throw new Error(`Internal error: no direction in ${dimension} dimensions`);
  return unit.direction;
}
