import { leadingDirections } from "../../math/leading-directions.ts";
import { dot, norm } from "../../math/vector.ts";
import type { ChangeReader } from "./change.ts";
import { WRITERS, type TensorPair, type Writer } from "./pair.ts";
import type { Products } from "./products.ts";

/** Left singular directions that are looked at. */
export const SINGULAR_DIRECTIONS = 8;

export interface AlignmentJob {
  /** The layer's matrices that write to the residual stream. */
  readonly writers: Readonly<Record<Writer, TensorPair>>;
  /** Unit vectors: [directions, hidden] */
  readonly directions: Float32Array;
}

/** How directions lie to a layer's change. Of each direction in turn; null where nothing changed. */
export interface LayerAlignment {
  /** ‖Δ_residual‖ */
  readonly residualNorm: number;
  /** Cosine with Δ_residual: [directions] */
  readonly cosines: Float64Array | null;
  readonly writers: Readonly<Record<Writer, WriterAlignment | null>>;
}

export interface WriterAlignment {
  /** ‖ΔW‖ (Frobenius) */
  readonly norm: number;
  /** ‖vᵀΔW‖ / ‖ΔW‖: [directions] */
  readonly responses: Float64Array;
  /** Singular values of ΔW, largest first; fewer than SINGULAR_DIRECTIONS where its rank is smaller. */
  readonly singularValues: readonly number[];
  /** How far each direction is from a singular one, as a share of its squared value. */
  readonly singularResiduals: readonly number[];
  /** |cosine| with each singular direction: [singular values][directions] */
  readonly singularCosines: readonly Float64Array[];
}

/** Aligns layer after layer; holds Δ of one matrix at a time, in the same memory. */
export class Alignment {
  readonly #changes: ChangeReader;
  readonly #products: Products;
  #memory = new Float32Array(0);

  constructor(changes: ChangeReader, products: Products) {
    this.#changes = changes;
    this.#products = products;
  }

  /** Throws EngineFailure. */
  async layer({ writers, directions }: AlignmentJob): Promise<LayerAlignment> {
    const hidden = writers[WRITERS[0]].rows;
    const residual = new Float64Array(hidden);
    const aligned: Partial<Record<Writer, WriterAlignment | null>> = {};
    for (const writer of WRITERS) {
      const { rowMeans, alignment } = await this.#writer(writers[writer], directions);
      for (let i = 0; i < hidden; i++) residual[i]! += rowMeans[i]!;
      aligned[writer] = alignment;
    }
    const residualNorm = norm(residual);
    const cosines = residualNorm === 0 ? null : eachRow(directions, hidden, (row) => dot(row, residual) / residualNorm);
    return { residualNorm, cosines, writers: aligned as Record<Writer, WriterAlignment | null> };
  }

  async #writer(pair: TensorPair, directions: Float32Array) {
    const { name, rows, columns } = pair;
    if (this.#memory.length < rows * columns) this.#memory = new Float32Array(rows * columns);
    const data = this.#memory.subarray(0, rows * columns);
    const { changeSquares, rowMeans } = this.#changes.read(pair, data);
    if (changeSquares === 0) return { rowMeans, alignment: null };
    const matrix = { data, shape: [rows, columns] };
    const squares = await this.#products.leftSquares(directions, matrix);
    const leading = await leadingDirections(this.#products.of(matrix), SINGULAR_DIRECTIONS, name);
    const alignment: WriterAlignment = {
      norm: Math.sqrt(changeSquares),
      responses: Float64Array.from(squares, (square) => Math.sqrt(square / changeSquares)),
      singularValues: leading.values,
      singularResiduals: leading.residuals,
      singularCosines: leading.directions.map((singular) =>
        eachRow(directions, rows, (row) => Math.abs(dot(row, singular))),
      ),
    };
    return { rowMeans, alignment };
  }
}

function eachRow(data: Float32Array, width: number, of: (row: Float32Array) => number): Float64Array {
  return Float64Array.from({ length: data.length / width }, (_, row) =>
    of(data.subarray(row * width, (row + 1) * width)),
  );
}
