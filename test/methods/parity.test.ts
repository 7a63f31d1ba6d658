import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cosine } from "../../src/math/vector.ts";
import { meanDiff } from "../../src/methods/mean-diff.ts";
import { probe } from "../../src/methods/probe.ts";
import type { FittedVector, Method } from "../../src/methods/types.ts";

interface Reference {
  readonly vector: string;
  readonly norm: number;
  readonly baseline: number;
  readonly bias: number;
  readonly trainAccuracy: number;
}

interface Golden {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  readonly columns: number;
  readonly data: string;
  readonly mean_diff: Omit<Reference, "bias" | "trainAccuracy">;
  readonly probe: Reference;
  readonly probe_exact: Reference;
}

const goldens = JSON.parse(
  readFileSync(new URL("../golden/methods.json", import.meta.url), "utf8"),
) as readonly Golden[];

describe.each(goldens)("$name", (golden) => {
  test("mean_diff is torch's", () => {
    const { vector, norm, baseline } = fit(meanDiff, golden);
    const reference = decode(golden.mean_diff.vector);
    for (const [i, value] of vector.entries()) expect(Math.abs(value - reference[i]!)).toBeLessThan(1e-5);
    expect(norm / golden.mean_diff.norm).toBeCloseTo(1, 5);
    // fp32 sums on their side: compared on the scale of what is projected.
    expect(Math.abs(baseline - golden.mean_diff.baseline) / scaleOf(golden)).toBeLessThan(1e-5);
  });

  test("probe is scikit-learn's", () => {
    const { vector, norm, bias, trainAccuracy } = fit(probe, golden);
    expect(cosine(vector, decode(golden.probe.vector))).toBeGreaterThan(0.999);
    expect(norm / golden.probe.norm).toBeCloseTo(1, 2);
    expect(Math.abs(bias! - golden.probe.bias)).toBeLessThan(0.01);
    expect(trainAccuracy).toBeCloseTo(golden.probe.trainAccuracy, 10);
  });

  test("probe is at the minimum of scikit-learn's objective", () => {
    const { vector, norm, bias, baseline, trainAccuracy } = fit(probe, golden);
    const exact = golden.probe_exact;
    expect(1 - cosine(vector, decode(exact.vector))).toBeLessThan(1e-10);
    expect(norm / exact.norm).toBeCloseTo(1, 5);
    expect(bias).toBeCloseTo(exact.bias, 5);
    expect(Math.abs(baseline - exact.baseline) / scaleOf(golden)).toBeLessThan(1e-5);
    expect(trainAccuracy).toBeCloseTo(exact.trainAccuracy, 10);
  });
});

function fit(method: Method, golden: Golden): FittedVector {
  const data = decode(golden.data);
  const boundary = golden.positives * golden.columns;
  const fitted = method.fit(
    { data: data.subarray(0, boundary), rows: golden.positives, columns: golden.columns },
    { data: data.subarray(boundary), rows: golden.negatives, columns: golden.columns },
  );
  if ("failure" in fitted) throw new Error(fitted.failure);
  return fitted;
}

/** Largest number in the data. */
function scaleOf(golden: Golden): number {
  return decode(golden.data).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

function decode(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
