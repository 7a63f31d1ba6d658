import { seededRandom } from "../../src/util/random.ts";
import type { Rows } from "../../src/methods/types.ts";

export interface Planted {
  readonly positives: Rows;
  readonly negatives: Rows;
  /** The direction in which the classes differ, [columns], unit norm. */
  readonly direction: Float64Array;
}

/** Two gaussian clouds of deviation 1, `shift` apart along a seeded direction. */
export function planted(seed: string, shape: { rows: number; columns: number; shift: number }): Planted {
  const random = seededRandom(seed);
  // Twelve uniform numbers less six: close enough to a normal one, and not the way the source makes them.
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  const raw = Float64Array.from({ length: shape.columns }, normal);
  const direction = raw.map((value) => value / Math.hypot(...raw));
  const cloud = (sign: number): Rows => ({
    data: Float32Array.from(
      { length: shape.rows * shape.columns },
      (_, i) => normal() + ((sign * shape.shift) / 2) * direction[i % shape.columns]!,
    ),
    rows: shape.rows,
    columns: shape.columns,
  });
  return { positives: cloud(1), negatives: cloud(-1), direction };
}

export function rowsOf(...rows: readonly (readonly number[])[]): Rows {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, columns: rows[0]?.length ?? 0 };
}

/** The same rows in another order. */
export function shuffled({ data, rows, columns }: Rows, seed: string): Rows {
  const random = seededRandom(seed);
  const order = Array.from({ length: rows }, (_, row) => ({ row, key: random() })).toSorted((a, b) => a.key - b.key);
  const out = new Float32Array(data.length);
  for (const [to, { row }] of order.entries()) out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  return { data: out, rows, columns };
}
