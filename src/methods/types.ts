/** Residuals of one class: `data` is [rows, columns], row-major. */
export interface Rows {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export interface FittedVector {
  /** [columns], unit norm, pointing from the negatives to the positives. */
  readonly vector: Float32Array;
  /** Length before normalising, in the units of the method: residual units for mean_diff, logits for probe. */
  readonly norm: number;
  /** Projection of the point midway between the two class means onto `vector`, in residual units. */
  readonly baseline: number;
  /** A classifier's intercept, in the units of `norm`. */
  readonly bias?: number;
  /** Share of the rows that a classifier puts on the right side, 0 to 1. */
  readonly trainAccuracy?: number;
}

/** The data holds no direction; `failure` says why, as a clause: "the two classes have the same mean". */
export interface MethodFailure {
  readonly failure: string;
}

/**
 * A way to get a direction out of two sets of residuals. Deterministic, and blind to the order of the rows.
 */
export interface Method {
  /** As written in a spec. */
  readonly name: string;
  /** Part of every fingerprint: a new version makes vectors of the old one stale. */
  readonly version: string;
  /** @throws "Internal error: …" when the shapes do not fit; bad values are a MethodFailure, never a NaN vector. */
  fit(positives: Rows, negatives: Rows): FittedVector | MethodFailure;
}
