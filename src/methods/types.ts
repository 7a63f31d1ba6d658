/** Residuals of one class: `data` is [rows, columns], row-major. */
export interface Rows {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export interface FittedVector {
  /** [columns], unit norm, pointing from the negatives to the positives. */
  readonly vector: Float32Array;
  /** Length before normalising, in the units of the method: residual units, or logits for probe. */
  readonly norm: number;
  /** Projection of the point midway between the two class means onto `vector`, in residual units. */
  readonly baseline: number;
  /** A classifier's intercept, in the units of `norm`: a residual h is positive when norm · v·h/‖h‖ + bias > 0. */
  readonly bias?: number;
}

/** What a method may need besides the rows. */
export interface Fitting {
  /**
   * Row numbers of positives and negatives that differ in the trait alone: one scenario, one rollout. Undefined when the
   * data does not come in pairs.
   */
  readonly pairs: readonly Pair[] | undefined;
  /** Of a method that draws: the same seed gives the same vector. */
  readonly seed: string;
}
export type Pair = readonly [positive: number, negative: number];

/** The data holds no direction; `failure` says why, as a clause: "the two classes have the same mean". */
export interface MethodFailure {
  readonly failure: string;
}

/**
 * A way to get a direction out of two sets of residuals. Deterministic, and blind to the order of the rows and of the pairs.
 */
export interface Method {
  /** As written in a spec. */
  readonly name: string;
  /** Part of every fingerprint: a new version makes vectors of the old one stale. */
  readonly version: string;
  /** Whether it draws: then its vectors depend on the seed, and are stale when the spec's changes. */
  readonly isSeeded: boolean;
  /** @throws "Internal error: …" when the shapes do not fit; bad values are a MethodFailure, never a NaN vector. */
  fit(positives: Rows, negatives: Rows, fitting: Fitting): FittedVector | MethodFailure;
}
