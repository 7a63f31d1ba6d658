import { seededNormals } from "../math/normals.ts";
import { dot, norm, normalise } from "../math/vector.ts";
import { classMeans, midpointProjection, towardsPositives } from "./class-means.ts";
import type { Method } from "./types.ts";

const STEPS = 100;
const RATE = 0.01;
/** Weight of ‖v‖ in the loss. */
const REGULARISATION = 0.01;

/**
 * A search, from a seeded normal start, for the direction whose mean projections of the two classes are furthest apart. That
 * direction is mean_diff's, and 100 steps of Adam end some way before it (at a cosine of 0.67 in 4096 dimensions): this
 * method is for comparison with studies that used it. `norm` is the separation that it reaches, in residual units.
 *
 * Source: the `gradient` of the trait-interp pipeline: Adam with a rate of 0.01 on the loss 0.01 ‖v‖ − (μ₊ − μ₋)·v/‖v‖.
 */
export const gradient: Method = {
  name: "gradient",
  version: "1",
  isSeeded: true,
  fit(positives, negatives, { seed }) {
    const means = classMeans(positives, negatives);
    if ("failure" in means) return means;
    const found = separate(means.difference, seededNormals(seed, positives.columns));
    const unit = normalise(towardsPositives(found, means) ?? new Float64Array(0));
    if (unit === undefined) return { failure: "the search found no direction that separates the means" };
    const separation = dot(unit.direction, means.difference);
    return { vector: unit.direction, norm: separation, baseline: midpointProjection(means, unit.direction) };
  },
};

/**
 * The search from `start`; not normalised. All [columns].
 *
 * Source: Kingma & Ba (2015), Adam, algorithm 1 with its own defaults (β₁ = 0.9, β₂ = 0.999, ε = 1e-8).
 */
export function separate(difference: Float64Array, start: Float64Array): Float64Array {
  const v = start.slice();
  const first = new Float64Array(v.length);
  const second = new Float64Array(v.length);
  for (let step = 1; step <= STEPS; step++) {
    const length = norm(v);
    // Of the projection Δ·v/‖v‖ and of ‖v‖, by v.
    const pull = 1 / length;
    const turn = dot(difference, v) / length ** 3 + REGULARISATION / length;
    for (let i = 0; i < v.length; i++) {
      const slope = turn * v[i]! - pull * difference[i]!;
      first[i] = 0.9 * first[i]! + 0.1 * slope;
      second[i] = 0.999 * second[i]! + 0.001 * slope ** 2;
      const mean = first[i]! / (1 - 0.9 ** step);
      const deviation = Math.sqrt(second[i]! / (1 - 0.999 ** step));
      v[i]! -= (RATE * mean) / (deviation + 1e-8);
    }
  }
  return v;
}
