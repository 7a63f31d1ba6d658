/** Tokens a second since the call that made it. */
export function tokenRate(): (tokens: number) => number {
  const start = performance.now();
  return (tokens) => tokens / Math.max((performance.now() - start) / 1000, 1e-3);
}
