import type { Place } from "../../diagnostics/source-file.ts";
import type { Position } from "../../domain/position.ts";
import type { GenerateSpec, Located } from "../lower/spec.ts";

/** A cell of the extraction matrix by its names alone: what exclude rows and filters speak of. */
export interface CellNames {
  readonly trait: Located<string>;
  /** As the matrix's row names it. */
  readonly source: Located<string>;
  readonly position: Position;
  /** Canonical; placed where the spec writes it. */
  readonly positionText: Located<string>;
  readonly method: string;
}

/** One cell of the extraction matrix: one vector set to be made. */
export interface Cell extends CellNames {
  /** `<set>/<trait>`, placed in the trait's declaration. */
  readonly dataset: Located<string>;
  /** Placed in the source's declaration. */
  readonly variant: Located<string>;
  readonly generate: GenerateSpec;
  readonly sourceDeclared: Place;
}
