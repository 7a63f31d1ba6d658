import { normalise } from "../math/vector.ts";
import { classMeans, midpointProjection } from "./class-means.ts";
import type { Method } from "./types.ts";

/** v = (μ₊ − μ₋) / ‖μ₊ − μ₋‖: the difference of the class means. */
export const meanDiff: Method = {
  name: "mean_diff",
  version: "1",
  isSeeded: false,
  fit(positives, negatives) {
    const means = classMeans(positives, negatives);
    if ("failure" in means) return means;
    const unit = normalise(means.difference);
    if (unit === undefined) throw new Error("Internal error: a difference that is not zero has no direction");
    return { vector: unit.direction, norm: unit.norm, baseline: midpointProjection(means, unit.direction) };
  },
};
