import { seededRandom } from "../util/random.ts";

/** Independent standard normal numbers, [count], of a seed. Source: Box & Muller (1958). */
export function seededNormals(seed: string, count: number): Float64Array {
  const random = seededRandom(seed);
  const normals = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    normals[i] = radius * Math.cos(angle);
    if (i + 1 < count) normals[i + 1] = radius * Math.sin(angle);
  }
  return normals;
}
