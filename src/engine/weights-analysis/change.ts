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

  /** With `kept`, [rows, columns], Δ itself is put there as fp32. Throws EngineFailure. */
  read(pair: TensorPair, kept?: Float32Array): TensorChange {
    const { rows, columns } = pair;
    const type: KernelType = pair.from.dtype === "BF16" && pair.to.dtype === "BF16" ? "BF16" : "F32";
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
    else new Float32Array(target.buffer, target.byteOffset, count).set(this.#files.readFloats(tensor, first, count));
    const end = count * BYTES_PER_ELEMENT[type];
    target.fill(0, end, Math.ceil(end / LANES_BYTES) * LANES_BYTES);
  }
}
