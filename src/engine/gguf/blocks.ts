import type { SafetensorsDtype } from "../../domain/safetensors.ts";
import { halfTable } from "../../domain/half-table.ts";

/**
 * How a GGUF tensor's numbers lie: in blocks of so many along a row. Sources: ggml-common.h (block_q4_0, block_q4_1,
 * block_q8_0) and ggml-quants.c (dequantize_row_*).
 */
export interface BlockFormat {
  readonly name: string;
  readonly blockElements: number;
  readonly blockBytes: number;
  /**
   * What the numbers are written as, so that none is changed: plain ones as they are, quantized ones as fp32. A quantized
   * number is the product of a half and a small integer, which no half holds.
   */
  readonly storedAs: SafetensorsDtype & ("F32" | "F16" | "BF16");
  /** Whole blocks as numbers; undefined where they are numbers already. */
  readonly dequantize?: (blocks: Uint8Array) => Float32Array;
}

/** By ggml's number of the type (enum ggml_type). */
const FORMATS: ReadonlyMap<number, BlockFormat> = new Map([
  [0, { name: "F32", blockElements: 1, blockBytes: 4, storedAs: "F32" }],
  [1, { name: "F16", blockElements: 1, blockBytes: 2, storedAs: "F16" }],
  [30, { name: "BF16", blockElements: 1, blockBytes: 2, storedAs: "BF16" }],
  [2, { name: "Q4_0", blockElements: 32, blockBytes: 18, storedAs: "F32", dequantize: dequantizeQ4_0 }],
  [3, { name: "Q4_1", blockElements: 32, blockBytes: 20, storedAs: "F32", dequantize: dequantizeQ4_1 }],
  [8, { name: "Q8_0", blockElements: 32, blockBytes: 34, storedAs: "F32", dequantize: dequantizeQ8_0 }],
]);

export const READ_FORMATS: string = [...FORMATS.values()].map(({ name }) => name).join(", ");

/** Undefined for a type that is not read. */
export function blockFormat(type: number): BlockFormat | undefined {
  return FORMATS.get(type);
}

/** For messages. */
const OTHERS: Readonly<Record<number, string>> = {
  6: "Q5_0",
  7: "Q5_1",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

export function typeName(type: number): string {
  return FORMATS.get(type)?.name ?? OTHERS[type] ?? `of the unknown type ${type}`;
}

/** d: half, 16 bytes of two numbers each: the low halves are the first 16 of the block. d (q - 8). */
function dequantizeQ4_0(blocks: Uint8Array): Float32Array {
  const half = halfTable();
  const numbers = new Float32Array((blocks.length / 18) * 32);
  for (let at = 0, out = 0; at < blocks.length; at += 18, out += 32) {
    const scale = half[blocks[at]! | (blocks[at + 1]! << 8)]!;
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 2 + index]!;
      numbers[out + index] = scale * ((pair & 15) - 8);
      numbers[out + 16 + index] = scale * ((pair >> 4) - 8);
    }
  }
  return numbers;
}

/** d, m: halves, then as above. d q + m: exact in double, so rounded once, as in ggml. */
function dequantizeQ4_1(blocks: Uint8Array): Float32Array {
  const half = halfTable();
  const numbers = new Float32Array((blocks.length / 20) * 32);
  for (let at = 0, out = 0; at < blocks.length; at += 20, out += 32) {
    const scale = half[blocks[at]! | (blocks[at + 1]! << 8)]!;
    const least = half[blocks[at + 2]! | (blocks[at + 3]! << 8)]!;
    for (let index = 0; index < 16; index++) {
      const pair = blocks[at + 4 + index]!;
      numbers[out + index] = scale * (pair & 15) + least;
      numbers[out + 16 + index] = scale * (pair >> 4) + least;
    }
  }
  return numbers;
}

/** d: half, 32 signed bytes. d q. */
function dequantizeQ8_0(blocks: Uint8Array): Float32Array {
  const half = halfTable();
  const numbers = new Float32Array((blocks.length / 34) * 32);
  for (let at = 0, out = 0; at < blocks.length; at += 34, out += 32) {
    const scale = half[blocks[at]! | (blocks[at + 1]! << 8)]!;
    for (let index = 0; index < 32; index++) numbers[out + index] = scale * ((blocks[at + 2 + index]! << 24) >> 24);
  }
  return numbers;
}
