/**
 * Cuts rows into batches of at most `maxTokens` tokens, padding included, longest first so that rows of a batch are alike
 * and memory is short at once or never. A row longer than that runs alone. Returns the rows' indices.
 */
export function batchesByLength(lengths: readonly number[], maxTokens: number): number[][] {
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of longestFirst(lengths)) {
    const width = lengths[batch[0] ?? index]!;
    if (batch.length > 0 && (batch.length + 1) * width > maxTokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

export function longestFirst(lengths: readonly number[]): number[] {
  return Array.from(lengths.keys()).toSorted((a, b) => lengths[b]! - lengths[a]! || a - b);
}

/** The same without padding, for a cache of blocks: a batch has no more rows than the cache has blocks for. */
export function raggedBatches(
  lengths: readonly number[],
  maxTokens: number,
  pool: { readonly freeBlocks: number; blocksFor(tokens: number): number },
): number[][] {
  const batches: number[][] = [];
  let [tokens, blocks] = [Infinity, Infinity];
  for (const index of longestFirst(lengths)) {
    const length = lengths[index]!;
    const needed = pool.blocksFor(length);
    if (tokens + length > maxTokens || blocks + needed > pool.freeBlocks) {
      batches.push([]);
      [tokens, blocks] = [0, 0];
    }
    batches.at(-1)!.push(index);
    tokens += length;
    blocks += needed;
  }
  return batches;
}
