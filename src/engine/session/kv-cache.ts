import type { DecoderShape } from "../architectures/types.ts";
import { GQA } from "../attention/gqa.ts";
import type { Tensor } from "../onnx/runtime.ts";

/**
 * Keys and values of `rows` rows of at most `capacity` tokens. A run reads a range of rows and writes its new tokens into
 * the same memory, so nothing is copied from one token to the next.
 */
export class KvCache {
  readonly rows: number;
  readonly capacity: number;
  readonly #shape: DecoderShape;
  readonly #rowSize: number;
  /** By name of the graph's past input: [rows, kvHeads, capacity, headDim]. */
  readonly #memory: readonly { readonly past: string; readonly present: string; readonly data: Float32Array }[];

  constructor(shape: DecoderShape, rows: number, capacity: number) {
    this.rows = rows;
    this.capacity = capacity;
    this.#shape = shape;
    this.#rowSize = shape.kvHeads * capacity * shape.headDim;
    this.#memory = Array.from({ length: shape.layers }, (_, layer) => [
      { past: GQA.pastKey(layer), present: GQA.presentKey(layer), data: new Float32Array(rows * this.#rowSize) },
      { past: GQA.pastValue(layer), present: GQA.presentValue(layer), data: new Float32Array(rows * this.#rowSize) },
    ]).flat();
  }

  /** The memory of rows first … first + count − 1: what a run is fed, and what it fetches into. */
  view(
    first: number,
    count: number,
  ): { readonly feeds: Record<string, Tensor>; readonly fetches: Record<string, Tensor> } {
    const feeds: Record<string, Tensor> = {};
    const fetches: Record<string, Tensor> = {};
    const shape = [count, this.#shape.kvHeads, this.capacity, this.#shape.headDim];
    for (const { past, present, data } of this.#memory) {
      const tensor = { data: data.subarray(first * this.#rowSize, (first + count) * this.#rowSize), shape };
      feeds[past] = tensor;
      fetches[present] = tensor;
    }
    return { feeds, fetches };
  }

  move(from: number, to: number): void {
    for (const { data } of this.#memory) {
      data.copyWithin(to * this.#rowSize, from * this.#rowSize, (from + 1) * this.#rowSize);
    }
  }
}
