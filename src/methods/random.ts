import { normalise } from "../math/vector.ts";
import { seededRandom } from "../util/random.ts";

/**
 * A direction that means nothing, for the null of a steering result: uniform on the sphere, [dimension], unit norm. The
 * same seed gives the same direction.
 *
 * Source: Marsaglia (1972), Choosing a point from the surface of a sphere: independent normals, normalised; the normals
 * by Box and Muller (1958).
 */
export function randomDirection(seed: string, dimension: number): Float32Array {
  const random = seededRandom(seed);
  const normals = new Float64Array(dimension);
  for (let i = 0; i < dimension; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    normals[i] = radius * Math.cos(angle);
    if (i + 1 < dimension) normals[i + 1] = radius * Math.sin(angle);
  }
  const unit = normalise(normals);
  if (unit === undefined) throw new Error(`Internal error: no direction in ${dimension} dimensions`);
  return unit.direction;
}
