import type { RowSteering } from "../../domain/engine.ts";
import type { DecoderShape } from "../architectures/types.ts";

/** One forward pass over rows of tokens. What is left out costs nothing. */
export interface Pass {
  /** New token ids of each row. */
  readonly rows: readonly (readonly number[])[];
  readonly vectors?: readonly Float32Array[];
  /** For each row. */
  readonly steering?: readonly (readonly RowSteering[])[];
  /** Rows whose last token's prediction is wanted. */
  readonly predict?: readonly number[];
  /** Which of the predictions have their logits returned. */
  readonly logitRows?: readonly number[];
  /** Token ids whose probability is returned with every prediction. */
  readonly scoreTokens?: readonly number[];
  /** For each row, lists of the token indices to pool. */
  readonly pools?: readonly (readonly (readonly number[])[])[];
}

export interface Prediction {
  /** [predict] */
  readonly likeliest: readonly number[];
  /** [predict]: finite if and only if all logits of the prediction are. */
  readonly logitSums: Float32Array;
  /** [logitRows, vocab] */
  readonly logits: Float32Array;
  /** [predict, scoreTokens] */
  readonly scores: Float32Array;
  /** [rows, pools, layers, hidden]: as many pools as the row with most has. */
  readonly poolMeans: Float32Array;
  /** [rows, pools, layers] */
  readonly poolNorms: Float32Array;
}

/** A loaded checkpoint and its session. */
export interface Decoder {
  readonly shape: DecoderShape;
  /** Any of these ends a text. */
  readonly stopIds: ReadonlySet<number>;
  /** Rows from their beginnings; nothing is kept. Rejects with EngineFailure. */
  forward(pass: Pass): Promise<Prediction>;
  /** Cuts rows of these lengths into batches of at most `maxTokens`, each for one pass; the rows' indices. */
  batches(lengths: readonly number[], maxTokens: number): number[][];
  close(): Promise<void>;
}
