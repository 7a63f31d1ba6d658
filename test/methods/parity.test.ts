import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cosine } from "../../src/math/vector.ts";
import { separate } from "../../src/methods/gradient.ts";
import { classMeans } from "../../src/methods/class-means.ts";
import { meanDiff } from "../../src/methods/mean-diff.ts";
import { pca } from "../../src/methods/pca.ts";
import { probe } from "../../src/methods/probe.ts";
import { separation } from "../../src/methods/separation.ts";
import type { FittedVector, Method, Pair, Rows } from "../../src/methods/types.ts";

interface Reference {
  readonly vector: string;
  readonly norm: number;
  readonly baseline: number;
}

interface Classifier extends Reference {
  readonly bias: number;
  readonly trainAccuracy: number;
}

interface Golden {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  readonly columns: number;
  readonly data: string;
  readonly mean_diff: Reference;
  readonly probe: Classifier;
  readonly probe_exact: Classifier;
  readonly pca_paired: Reference | null;
  readonly pca_unpaired: Reference;
  readonly gradient: { readonly start: string; readonly vector: string };
  readonly separation: { readonly accuracy: number; readonly effectSize: number | null };
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
    const fitted = fit(probe, golden);
    expect(cosine(fitted.vector, decode(golden.probe.vector))).toBeGreaterThan(0.999);
    expect(fitted.norm / golden.probe.norm).toBeCloseTo(1, 2);
    expect(Math.abs(fitted.bias! - golden.probe.bias)).toBeLessThan(0.01);
    expect(separation(fitted, ...classesOf(golden))?.accuracy).toBeCloseTo(golden.probe.trainAccuracy, 10);
  });

  test("probe is at the minimum of scikit-learn's objective", () => {
    const fitted = fit(probe, golden);
    const exact = golden.probe_exact;
    expect(1 - cosine(fitted.vector, decode(exact.vector))).toBeLessThan(1e-10);
    expect(fitted.norm / exact.norm).toBeCloseTo(1, 5);
    expect(fitted.bias).toBeCloseTo(exact.bias, 5);
    expect(Math.abs(fitted.baseline - exact.baseline) / scaleOf(golden)).toBeLessThan(1e-5);
    expect(separation(fitted, ...classesOf(golden))?.accuracy).toBeCloseTo(exact.trainAccuracy, 10);
  });

  test("pca is numpy's, of pairs and of every positive with every negative", () => {
    const pairs = Array.from({ length: golden.positives }, (_, row): Pair => [row, row]);
    for (const [reference, fitted] of [
      [golden.pca_paired, golden.pca_paired && fit(pca, golden, pairs)],
      [golden.pca_unpaired, fit(pca, golden)],
    ] as const) {
      if (reference === null || fitted === null) continue;
      expect(1 - cosine(fitted.vector, decode(reference.vector))).toBeLessThan(1e-10);
      expect(fitted.norm / reference.norm).toBeCloseTo(1, 9);
      expect(Math.abs(fitted.baseline - reference.baseline) / scaleOf(golden)).toBeLessThan(1e-6);
    }
  });

  test("gradient is torch's", () => {
    const means = classMeans(...classesOf(golden));
    if ("failure" in means) throw new Error(means.failure);
    const found = separate(means.difference, Float64Array.from(decode(golden.gradient.start)));
    const reference = decode(golden.gradient.vector);
    for (const [i, value] of found.entries()) expect(Math.abs(value - reference[i]!)).toBeLessThan(1e-5);
  });

  test("accuracy and Cohen's d are numpy's", () => {
    const { accuracy, effectSize } = separation(fit(meanDiff, golden), ...classesOf(golden))!;
    expect(accuracy).toBe(golden.separation.accuracy);
    if (golden.separation.effectSize === null) expect(effectSize).toBeUndefined();
    else expect(effectSize! / golden.separation.effectSize).toBeCloseTo(1, 6);
  });
});

function fit(method: Method, golden: Golden, pairs?: readonly Pair[]): FittedVector {
  const fitted = method.fit(...classesOf(golden), { pairs, seed: "" });
  if ("failure" in fitted) throw new Error(fitted.failure);
  return fitted;
}

function classesOf({ data: encoded, positives, negatives, columns }: Golden): [Rows, Rows] {
  const data = decode(encoded);
  const boundary = positives * columns;
  return [
    { data: data.subarray(0, boundary), rows: positives, columns },
    { data: data.subarray(boundary), rows: negatives, columns },
  ];
}

/** Largest number in the data. */
function scaleOf(golden: Golden): number {
  return decode(golden.data).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

function decode(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
