import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { normalise } from "../../src/math/vector.ts";

/** What test/golden/make_weight_goldens.py computes of the shipped tiny pair. */

const ROOT = new URL("../../", import.meta.url).pathname;

export const FROM_DIR: string = join(ROOT, "models/tiny/base");
export const TO_DIR: string = join(ROOT, "models/tiny/instruct");
export const VECTOR_SETS = 2;
export const NULL = 40;
export const TOP = 6;

interface Ranked {
  readonly ids: readonly number[];
  readonly values: readonly number[];
}

export interface WriterGolden {
  readonly norm: number;
  readonly responses: readonly number[];
  readonly singular_values: readonly number[];
  /** [8][vector set] */
  readonly singular_cosines: readonly (readonly number[])[];
}

export interface LayerGolden {
  readonly residual_norm: number;
  readonly cosines: readonly number[];
  readonly o_proj: WriterGolden;
  readonly down_proj: WriterGolden;
  /** Of Δ_residual and of the first vector set. */
  readonly lens: readonly { readonly toward: Ranked; readonly away: Ranked }[];
}

export interface WeightsGolden {
  readonly norms: Readonly<
    Record<string, { readonly change: number; readonly relative: number; readonly cosine: number }>
  >;
  readonly layers: readonly LayerGolden[];
}

export function readWeightsGolden(): WeightsGolden {
  const golden = JSON.parse(readFileSync(join(ROOT, "test/golden/weights-tiny.json"), "utf8")) as WeightsGolden & {
    readonly from: string;
    readonly to: string;
  };
  const sha256 = (folder: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, "model.safetensors")))
      .digest("hex");
  if (sha256(FROM_DIR) !== golden.from || sha256(TO_DIR) !== golden.to) {
    throw new Error("The tiny models are others than the golden's: run python3 test/golden/make_weight_goldens.py");
  }
  return golden;
}

/** Of the formula that the script has too. */
export function unitDirection(number: number, size: number): Float32Array {
  const scramble = (x: number): number => {
    let bits = x >>> 0;
    for (let round = 0; round < 2; round++) bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b) >>> 0;
    return (bits ^ (bits >>> 16)) >>> 0;
  };
  const values = Float64Array.from({ length: size }, (_, i) => scramble(number * 4096 + i + 1) / 2 ** 32 - 0.5);
  const unit = normalise(values);
  if (unit === undefined) throw new Error("no direction");
  return unit.direction;
}

/** [vector sets and null, hidden] of a layer. */
export function directionsOf(layer: number, size: number): Float32Array {
  const vectors = Array.from({ length: VECTOR_SETS }, (_, index) => unitDirection(100 * index + layer, size));
  const random = Array.from({ length: NULL }, (_, index) => unitDirection(10_000 + index, size));
  return Float32Array.from([...vectors, ...random].flatMap((direction) => [...direction]));
}
