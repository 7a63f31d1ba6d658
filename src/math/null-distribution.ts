import { mean, quantile } from "./statistics.ts";

/** What a measurement gives of directions that mean nothing. */
export interface NullSummary {
  readonly mean: number;
  /** Between these lies the middle 95% of the null. */
  readonly low: number;
  readonly high: number;
}

/** A null's values, to which others are compared; there is at least one. */
export class NullDistribution {
  readonly #sorted: Float64Array;

  constructor(values: Iterable<number>) {
    this.#sorted = Float64Array.from(values).toSorted();
    if (this.#sorted.length === 0) throw new Error("Internal error: a null without values");
  }

  summary(): NullSummary {
    const sorted = this.#sorted;
    return { mean: mean([...sorted]), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  }

  /** Share of the null below the value, in percent; what equals it counts half. */
  percentile(value: number): number {
    const [below, upTo] = [this.#count((other) => other < value), this.#count((other) => other <= value)];
    return (100 * (below + upTo)) / 2 / this.#sorted.length;
  }

  /** How many values, from the first on, are so. */
  #count(isSo: (value: number) => boolean): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isSo(this.#sorted[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
