/** Where the search of a layer begins. */
export interface Start {
  readonly layer: number;
  /** Its first coefficient: `start` times the residual's mean norm there (vectors have unit norm). */
  readonly first: number;
}

/** A layer and a coefficient to be tried. */
export interface Trial {
  readonly layer: number;
  readonly coefficient: number;
}

/** A trial, and what its answers came to on the selecting questions. */
export interface Tried extends Trial {
  readonly traitMean: number | null;
  readonly coherenceMean: number | null;
}
