import type { DecoderShape } from "../architectures/types.ts";
import { GQA } from "../attention/gqa.ts";
import type { Tensor } from "../onnx/runtime.ts";

/** Keys and values of `rows` rows of at most `capacity` tokens. */
export class KvCache {
  readonly #shape: DecoderShape;
  readonly #capacity: number;
  readonly #rowSize: number;
  /** Layer 0's keys, layer 0's values, layer 1's keys, …: each [rows, kvHeads, capacity, headDim]. */
  readonly #memory: readonly Float32Array[];

  constructor(shape: DecoderShape, rows: number, capacity: number) {
    this.#shape = shape;
    this.#capacity = capacity;
    this.#rowSize = shape.kvHeads * capacity * shape.headDim;
    this.#memory = Array.from({ length: 2 * shape.layers }, () => new Float32Array(rows * this.#rowSize));
  }

  /** What a run over rows first … first + count − 1 is fed: no copy. */
  feeds(first: number, count: number): Record<string, Tensor> {
    const shape = [count, this.#shape.kvHeads, this.#capacity, this.#shape.headDim];
    const tensor = (data: Float32Array): Tensor => ({
      data: data.subarray(first * this.#rowSize, (first + count) * this.#rowSize),
      shape,
    });
    const feeds: Record<string, Tensor> = {};
    for (let layer = 0; layer < this.#shape.layers; layer++) {
      feeds[GQA.pastKey(layer)] = tensor(this.#memory[2 * layer]!);
      feeds[GQA.pastValue(layer)] = tensor(this.#memory[2 * layer + 1]!);
    }
    return feeds;
  }

  /** Stores what a run returned for `lengths` new tokens a row, padded to `width`: [2 · layers · rows, kvHeads, width, headDim]. */
  append(first: number, past: readonly number[], lengths: readonly number[], width: number, kept: Float32Array): void {
    const { kvHeads, headDim } = this.#shape;
    let from = 0;
    for (const memory of this.#memory) {
      for (let row = 0; row < lengths.length; row++) {
        for (let head = 0; head < kvHeads; head++) {
          const to = (first + row) * this.#rowSize + (head * this.#capacity + past[row]!) * headDim;
          memory.set(kept.subarray(from, from + lengths[row]! * headDim), to);
          from += width * headDim;
        }
      }
    }
  }

  move(from: number, to: number): void {
    for (const data of this.#memory) {
      data.copyWithin(to * this.#rowSize, from * this.#rowSize, (from + 1) * this.#rowSize);
    }
  }
}
