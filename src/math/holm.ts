/**
 * p-values of several comparisons, made larger so that the chance of even one false finding among them stays below the
 * level that each is held to. In the order given.
 *
 * Source: Holm, A simple sequentially rejective multiple test procedure (1979).
 */
export function holmAdjusted(ps: readonly number[]): number[] {
  const adjusted = ps.map(() => 1);
  let before = 0;
  for (const [rank, index] of [...ps.keys()].toSorted((a, b) => (ps[a] as number) - (ps[b] as number)).entries()) {
    before = Math.max(before, Math.min(1, (ps.length - rank) * (ps[index] as number)));
    adjusted[index] = before;
  }
  return adjusted;
}
