/**
 * Names of the graph's inputs and outputs, besides those of the attention core. An empty index makes its part free. Token
 * ids and indices are int32: WebGPU knows no other integers, and 4 bytes travel faster than 8.
 */
export const IO = {
  /** f32[vectors, hidden] */
  vectors: "vectors",
  /** i32[entries], f32[entries, 1]: what may be added to a row: coefficient · vector. */
  entryVectors: "entry_vectors",
  entryCoefficients: "entry_coefficients",
  /** i32[layers, rows]: which entry. */
  rowEntries: "row_entries",
  /** i32[readers, width]: tokens to pool. */
  poolTokens: "pool_tokens",
  /** f32[1, readers, pools, width]: how often each token is in each pool. */
  poolCounts: "pool_counts",
  /** f32[1, readers, pools, 1]: the sum of these counts. */
  poolSizes: "pool_sizes",
  /** i32[n]: tokens whose next token is wanted. */
  logitTokens: "logit_tokens",
  /** i32[m]: which of these n have their logits returned. */
  logitRows: "logit_rows",
  /** i32[q]: which of these n have probabilities returned, of the tokens i32[t]. */
  scoreRows: "score_rows",
  scoreTokens: "score_tokens",
  /** f32[readers, pools, layers, hidden] */
  poolMeans: "pool_means",
  /** f32[readers, pools, layers]: means of the tokens' L2 norms. */
  poolNorms: "pool_norms",
  /** i64[n, 1]: the likeliest next token, the lowest id among equals. */
  likeliest: "likeliest",
  /** f32[n]: finite if and only if every logit is. */
  logitSums: "logit_sums",
  /** f32[m, vocab] */
  logits: "logits",
  /** f32[q, t] */
  scores: "scores",
} as const;

/** What an output's value is called within the graph: in a branch, another name than outside. */
export type Named = (output: string) => string;
