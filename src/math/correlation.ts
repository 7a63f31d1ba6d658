import { incompleteBeta } from "./incomplete-beta.ts";
import { mean } from "./statistics.ts";

export interface Correlation {
  /** −1 … 1 */
  readonly coefficient: number;
  /** Two-sided: how often pairs without any relation correlate as much. */
  readonly pValue: number;
}

/** Up to so many points every pairing is tried: 8! = 40,320. */
const MOST_FOR_EXACT = 8;

/**
 * Pearson's r. Undefined for fewer than two points and where one of the series is constant.
 *
 * The p-value of few points is exact, over all pairings of x and y: twice the share of them at the nearer end, at most 1 (as
 * scipy's permutation test has it). Of more, it is that of Student's t with n − 2 degrees of freedom.
 */
export function pearson(x: readonly number[], y: readonly number[]): Correlation | undefined {
  if (x.length !== y.length) throw new Error(`Internal error: ${x.length} numbers correlated with ${y.length}`);
  const [a, b] = [centred(x), centred(y)];
  if (a === undefined || b === undefined) return undefined;
  // Exactly ±1 for series that are the same: the root of x² is x.
  const scale = Math.sqrt(sumOfProducts(a, a) * sumOfProducts(b, b));
  const observed = sumOfProducts(a, b);
  const coefficient = Math.max(-1, Math.min(1, observed / scale));
  const n = x.length;
  // Student's t² is df·r² / (1 − r²), and its tail the beta function at 1 − r².
  const pValue =
    n <= MOST_FOR_EXACT
      ? exactP(a, b, observed, scale)
      : incompleteBeta((1 - coefficient) * (1 + coefficient), (n - 2) / 2, 1 / 2);
  return { coefficient, pValue };
}

/** Spearman's ρ: Pearson's r of the ranks, equals sharing their mean rank. */
export function spearman(x: readonly number[], y: readonly number[]): Correlation | undefined {
  return pearson(ranks(x), ranks(y));
}

/** Less their mean; undefined when all are equal, or there is only one. */
function centred(values: readonly number[]): readonly number[] | undefined {
  if (values.every((value) => value === values[0])) return undefined;
  const middle = mean(values);
  const differences = values.map((value) => value - middle);
  return differences.some((difference) => difference !== 0) ? differences : undefined;
}

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].toSorted((a, b) => values[a]! - values[b]!);
  const ranked = Array.from<number>({ length: values.length });
  for (let first = 0; first < order.length;) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (const index of order.slice(first, end)) ranked[index] = (first + 1 + end) / 2;
    first = end;
  }
  return ranked;
}

function exactP(a: readonly number[], b: readonly number[], observed: number, scale: number): number {
  // Pairings that differ by rounding alone count as equal.
  const tolerance = 1e-13 * scale;
  let [below, above, all] = [0, 0, 0];
  forEachOrder([...b], b.length, (order) => {
    const value = sumOfProducts(a, order);
    if (value <= observed + tolerance) below++;
    if (value >= observed - tolerance) above++;
    all++;
  });
  return Math.min(1, (2 * Math.min(below, above)) / all);
}

/** Every order of the first `count` values, in place (Heap 1963). */
function forEachOrder(values: number[], count: number, visit: (values: readonly number[]) => void): void {
  if (count <= 1) {
    visit(values);
    return;
  }
  for (let index = 0; index < count; index++) {
    forEachOrder(values, count - 1, visit);
    if (index === count - 1) break;
    const other = count % 2 === 0 ? index : 0;
    [values[other], values[count - 1]] = [values[count - 1]!, values[other]!];
  }
}

function sumOfProducts(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
