import { closeSync, openSync, readSync } from "node:fs";
import { EngineFailure } from "../../domain/engine.ts";
import { BYTES_PER_ELEMENT, toFloat32 } from "../../domain/safetensors.ts";
import { halfTable } from "../../domain/half-table.ts";
import type { StoredTensor } from "../weights/shards.ts";
import { neverStopped, type CheckStop } from "./stop.ts";

/** Reads parts of tensors; shards stay open in between. */
export class TensorFiles {
  readonly #open = new Map<string, number>();
  readonly #checkStop: CheckStop;
  #stored = new Uint8Array(0);

  constructor(checkStop: CheckStop = neverStopped) {
    this.#checkStop = checkStop;
  }

  /** `count` elements from element `first`, as they lie in the file, into the beginning of `target`. Throws EngineFailure. */
  read(tensor: StoredTensor, first: number, count: number, target: Uint8Array): void {
    this.#checkStop();
    const width = BYTES_PER_ELEMENT[tensor.dtype];
    const file = this.#file(tensor.realPath);
    const end = count * width;
    for (let at = 0; at < end;) {
      const read = readSync(file, target, at, end - at, tensor.begin + first * width + at);
      if (read === 0) {
        const message = `${tensor.path} ends within tensor "${tensor.name}".`;
        throw new EngineFailure("weights-damaged", message, "The file was changed while it was read: apply again.");
      }
      at += read;
    }
  }

  /** The same elements as fp32. */
  readFloats(tensor: StoredTensor, first: number, count: number): Float32Array {
    const bytes = count * BYTES_PER_ELEMENT[tensor.dtype];
    if (this.#stored.byteLength < bytes) this.#stored = new Uint8Array(bytes);
    this.read(tensor, first, count, this.#stored);
    if (tensor.dtype !== "F16") return toFloat32(tensor.dtype, this.#stored.subarray(0, bytes));
    const table = halfTable();
    return Float32Array.from(new Uint16Array(this.#stored.buffer, 0, count), (bits) => table[bits]!);
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #file(path: string): number {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const file = openSync(path, "r");
    this.#open.set(path, file);
    return file;
  }
}

export function notFinite({ name, path }: StoredTensor): EngineFailure {
  return new EngineFailure(
    "not-finite",
    `${path}: tensor "${name}" holds NaN or infinity.`,
    "The weights are damaged, or their training diverged: download them again, or compare another variant.",
  );
}
