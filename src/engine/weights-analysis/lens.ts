import { norm } from "../../math/vector.ts";
import type { StoredTensor } from "../weights/shards.ts";
import { MULTIPLICATIONS, type Products } from "./products.ts";
import { notFinite, type TensorFiles } from "./tensor-file.ts";

export interface LensJob {
  /** [hidden] */
  readonly finalNorm: StoredTensor;
  /** Added to the norm's weight. */
  readonly normOffset: number;
  /** [vocab, hidden] */
  readonly head: StoredTensor;
  /** c: logits x become c · tanh(x / c). */
  readonly softcap: number | undefined;
  /** [directions, hidden] */
  readonly directions: Float64Array;
  readonly topK: number;
}

/** Tokens that a direction points to most, or away from most, most first; ids in ascending order where values are equal. */
export interface RankedTokens {
  readonly ids: readonly number[];
  readonly values: readonly number[];
}

export interface DirectionTokens {
  readonly toward: RankedTokens;
  readonly away: RankedTokens;
}

/** The output matrix is multiplied in pieces: of so many bytes as fp32, and fewer where there are many directions. */
const PIECE_BYTES = 1 << 26;

/**
 * The logit lens of directions: RMSNorm with the direction's own root mean square and the model's weight, then the output
 * matrix and the model's softcap (nostalgebraist 2020, interpreting GPT: the logit lens). The norm's epsilon is left out: a direction has no
 * length, so the answer must not depend on one. Undefined for a direction that is zero.
 */
export async function logitLens(
  job: LensJob,
  files: TensorFiles,
  products: Products,
): Promise<(DirectionTokens | undefined)[]> {
  const { finalNorm, normOffset, head, softcap, directions, topK } = job;
  const [vocabulary = 0, hidden = 0] = head.shape;
  const gains = files.readFloats(finalNorm, 0, hidden).map((weight) => normOffset + weight);
  const normed = applyNorm(directions, gains);
  if (!normed.every(Number.isFinite)) throw notFinite(finalNorm);
  const count = normed.length / hidden;
  const rankings = Array.from({ length: count }, () => ({ toward: new Ranking(topK), away: new Ranking(topK) }));
  const step = Math.max(1, Math.floor(Math.min(PIECE_BYTES / 4, MULTIPLICATIONS / count) / hidden));
  for (let first = 0; first < vocabulary; first += step) {
    const rows = Math.min(step, vocabulary - first);
    const piece = files.readFloats(head, first * hidden, rows * hidden);
    const logits = await products.logits(normed, { data: piece, shape: [rows, hidden] }); // [count, rows]
    if (!logits.every(Number.isFinite)) throw notFinite(head);
    for (const [index, { toward, away }] of rankings.entries()) {
      for (let row = 0; row < rows; row++) {
        const value = logits[index * rows + row]!;
        toward.offer(first + row, value);
        away.offer(first + row, -value);
      }
    }
  }
  return rankings.map(({ toward, away }, index) => {
    const zero = normed.subarray(index * hidden, (index + 1) * hidden).every((value) => value === 0);
    return zero ? undefined : { toward: capped(toward.ranked(1)), away: capped(away.ranked(-1)) };
  });

  /** After the ranking: in fp32, a softcap makes equal what is far beyond it. */
  function capped({ ids, values }: RankedTokens): RankedTokens {
    return softcap === undefined
      ? { ids, values }
      : { ids, values: values.map((x) => softcap * Math.tanh(x / softcap)) };
  }
}

/** [directions, hidden], each row of root mean square 1 and then times the norm's gains; zero stays zero. */
function applyNorm(directions: Float64Array, gains: Float32Array): Float32Array {
  const hidden = gains.length;
  const normed = new Float32Array(directions.length);
  for (let begin = 0; begin < normed.length; begin += hidden) {
    const direction = directions.subarray(begin, begin + hidden);
    const rootMeanSquare = norm(direction) / Math.sqrt(hidden);
    if (rootMeanSquare === 0) continue;
    for (let i = 0; i < hidden; i++) normed[begin + i] = (direction[i]! / rootMeanSquare) * gains[i]!;
  }
  return normed;
}

/** The largest of the values that are offered, ids ascending from offer to offer. */
class Ranking {
  readonly #size: number;
  readonly #ids: number[] = [];
  readonly #values: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  offer(id: number, value: number): void {
    const values = this.#values;
    if (values.length === this.#size) {
      if (!(value > values[values.length - 1]!)) return;
      values.pop();
      this.#ids.pop();
    }
    let at = values.length;
    while (at > 0 && value > values[at - 1]!) at--;
    values.splice(at, 0, value);
    this.#ids.splice(at, 0, id);
  }

  ranked(sign: 1 | -1): RankedTokens {
    return { ids: this.#ids, values: this.#values.map((value) => sign * value) };
  }
}
