import type { Located, Spec } from "../lower/spec.ts";
import type { Cell } from "./cell.ts";
import type { Combination, Pair, Similarity } from "./phases.ts";

/** A spec whose names mean something. Names that do not are left out; they have been reported. */
export interface Bound {
  readonly spec: Spec;
  /** The vector sets to be made. */
  readonly cells: readonly Cell[];
  /** Those of them that are steered. */
  readonly steered: readonly Cell[];
  /** Those whose responses are vetted: all or none. */
  readonly vetted: readonly Cell[];
  readonly application: Located<string> | undefined;
  /** Of a local judge. */
  readonly judgeVariant: Located<string> | undefined;
  readonly combinations: readonly Combination[];
  /** Variants whose weights are compared. */
  readonly compared: Pair | undefined;
  readonly similarity: Similarity | undefined;
}
