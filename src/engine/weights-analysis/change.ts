import { BYTES_PER_ELEMENT } from "../../domain/safetensors.ts";
import { ChangeKernel, type KernelType } from "./change-kernel.ts";
import type { TensorPair } from "./pair.ts";
import { notFinite, type TensorFiles } from "./tensor-file.ts";

/** How one tensor changed: Δ = to − from. Sums are fp64 and the same on every machine. */
export interface TensorChange {
  /** ‖Δ‖² */
  readonly changeSquares: number;
  /** ‖θ_from‖² */
  readonly fromSquares: number;
  /** ‖θ_to‖² */
  readonly toSquares: number;
  /** Mean of every row of Δ: [rows] */
  readonly rowMeans: Float64Array;
}

/** Large enough for a disk to read in one go, small enough to stay in a processor's cache. */
const CHUNK_BYTES = 1 << 19;
const LANES_BYTES = 16;

/** Goes through pairs of tensors, some rows at a time; no tensor is in memory as a whole. */
export class ChangeReader {
  readonly #files: TensorFiles;
  #kernel = new ChangeKernel(CHUNK_BYTES);

  constructor(files: TensorFiles) {
    this.#files = files;
  }

  /** Of the products with the pair's gains, if it has them. With `kept`, [rows, columns], Δ itself is put there as fp32. Throws EngineFailure. */
  read(pair: TensorPair, kept?: Float32Array): TensorChange {
    const { rows, columns } = pair;
    const areBf16 = pair.from.dtype === "BF16" && pair.to.dtype === "BF16";
    const type: KernelType = areBf16 && pair.gains === undefined ? "BF16" : "F32";
    const rowBytes = columns * BYTES_PER_ELEMENT[type];
    // Rows that end within 16 bytes are read one at a time, so that zeros can follow.
    const step = rowBytes % LANES_BYTES === 0 ? Math.max(1, Math.floor(CHUNK_BYTES / rowBytes)) : 1;
    if (this.#kernel.from.byteLength < step * rowBytes) this.#kernel = new ChangeKernel(rowBytes);
    const kernel = this.#kernel;
    const rowMeans = new Float64Array(rows);
    let [changeSquares, fromSquares, toSquares] = [0, 0, 0];
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first);
      this.#load(pair, "from", type, first * columns, count * columns);
      this.#load(pair, "to", type, first * columns, count * columns);
      for (let row = 0; row < count; row++) {
        const sums = kernel.sum(type, row * rowBytes, rowBytes, kept !== undefined);
        rowMeans[first + row] = sums.difference / columns;
        changeSquares += sums.differenceSquares;
        fromSquares += sums.fromSquares;
        toSquares += sums.toSquares;
        kept?.set(kernel.differences.subarray(0, columns), (first + row) * columns);
      }
    }
    if (!Number.isFinite(fromSquares)) throw notFinite(pair.from);
    if (!Number.isFinite(toSquares)) throw notFinite(pair.to);
    return { changeSquares, fromSquares, toSquares, rowMeans };
  }

  #load(pair: TensorPair, side: "from" | "to", type: KernelType, first: number, count: number): void {
    const [tensor, target] = [pair[side], this.#kernel[side]];
    if (tensor.dtype === type) this.#files.read(tensor, first, count, target);
    else floatsOf(target, count).set(this.#files.readFloats(tensor, first, count));
    if (pair.gains !== undefined) {
      const [row, rows] = [first / pair.columns, count / pair.columns];
      const { offset, [side]: norm } = pair.gains;
      const gains = this.#files.readFloats(norm, row, rows).map((weight) => offset + weight);
      if (!gains.every(Number.isFinite)) throw notFinite(norm);
      multiplyRows(floatsOf(target, count), gains);
    }
    const end = count * BYTES_PER_ELEMENT[type];
    target.fill(0, end, Math.ceil(end / LANES_BYTES) * LANES_BYTES);
  }
}

function floatsOf(bytes: Uint8Array, count: number): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, count);
}

function multiplyRows(data: Float32Array, gains: Float32Array): void {
  const columns = data.length / gains.length;
  for (const [row, gain] of gains.entries()) {
    for (let at = row * columns; at < (row + 1) * columns; at++) data[at]! *= gain;
  }
}
