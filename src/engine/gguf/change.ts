import { toFloat32, type SafetensorsDtype } from "../../domain/safetensors.ts";
import type { GgufTensor } from "./format.ts";
import type { GgufModel } from "./model.ts";

/** What llama.cpp did to a tensor when it made the file, and what is undone here. */
export interface Change {
  /** Rows of a head, which lie as pairs; 1: the rows lie as they should. */
  readonly headRows: number;
  /** What is taken off every number. */
  readonly minus: 0 | 1;
}

export function changeOf(name: string, { family, shape }: Pick<GgufModel, "family" | "shape">): Change {
  return {
    headRows: family.interleavedHeads && /\.self_attn\.[qk]_proj\.weight$/.test(name) ? shape.headDim : 1,
    minus: family.normsPlusOne && name.endsWith("norm.weight") ? 1 : 0,
  };
}

/** The type that loses nothing. */
export function storedAs({ format }: GgufTensor, { minus }: Change): SafetensorsDtype {
  return minus === 0 ? format.storedAs : "F32";
}

/** Whole heads, or whole rows, of a tensor as they are stored. */
export function storedBytes(
  blocks: Uint8Array,
  { shape, format }: GgufTensor,
  { headRows, minus }: Change,
): Uint8Array {
  const rowBytes = ((shape.at(-1) ?? 1) / format.blockElements) * format.blockBytes;
  const inOrder = headRows === 1 ? blocks : halvesApart(blocks, headRows, rowBytes);
  if (format.dequantize === undefined && minus === 0) return inOrder;
  const numbers = format.dequantize?.(inOrder) ?? toFloat32(format.storedAs, inOrder);
  if (minus !== 0) for (let index = 0; index < numbers.length; index++) numbers[index]! -= minus;
  return new Uint8Array(numbers.buffer);
}

/**
 * Rows 0, 1, 2, 3, … of a head become rows 0, half, 1, half + 1, …: where Hugging Face's rotary embedding has the two
 * numbers of a pair. The inverse of LlamaModel.permute in convert_hf_to_gguf.py.
 */
function halvesApart(rows: Uint8Array, headRows: number, rowBytes: number): Uint8Array {
  const moved = new Uint8Array(rows.length);
  const half = headRows / 2;
  for (let at = 0, row = 0; at < rows.length; at += rowBytes, row++) {
    const inHead = row % headRows;
    const target = row - inHead + (inHead >> 1) + (inHead & 1) * half;
    moved.set(rows.subarray(at, at + rowBytes), target * rowBytes);
  }
  return moved;
}
