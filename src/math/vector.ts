/** Vectors of either precision; every sum is accumulated in fp64, so results do not depend on the input's width. */
export type Vector = Float32Array | Float64Array;

/** Σ aᵢbᵢ. Both [n]. */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Euclidean length. */
export function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

/** Cosine of the angle between a and b, both [n]; NaN when either is zero. */
export function cosine(a: Vector, b: Vector): number {
  return dot(a, b) / (norm(a) * norm(b));
}

/** a / ‖a‖ as fp32, and ‖a‖; undefined when the length is zero or not finite: there is no such direction. */
export function normalise(a: Vector): { readonly direction: Float32Array; readonly norm: number } | undefined {
  const length = norm(a);
  if (length === 0 || !Number.isFinite(length)) return undefined;
  return { direction: Float32Array.from(a, (value) => value / length), norm: length };
}
