import { BYTES_PER_ELEMENT, toFloat32 } from "../../domain/safetensors.ts";

/** What a file of PyTorch's holds, as this product uses it: tensors, and dicts, lists, texts and numbers around them. */
export type TorchValue = TorchTensor | string | number | boolean | null | readonly TorchValue[] | TorchDict;
export type TorchDict = ReadonlyMap<string | number, TorchValue>;

export type TorchDtype = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** What torch calls each type's storage. */
export const STORAGES: Readonly<Record<TorchDtype, string>> = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};

export class TorchFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TorchFileError";
  }
}

/** Numbers that lie in a row; several tensors may be views of them. */
export class TorchStorage {
  readonly dtype: TorchDtype;
  /** In numbers. */
  readonly length: number;
  /** Their little-endian bytes, piece by piece: all of them may be more than one wants in memory. */
  readonly pieces: () => Iterable<Uint8Array>;
  #numbers: Float32Array | undefined;

  constructor(dtype: TorchDtype, length: number, pieces: () => Iterable<Uint8Array>) {
    this.dtype = dtype;
    this.length = length;
    this.pieces = pieces;
  }

  get byteLength(): number {
    return this.length * BYTES_PER_ELEMENT[this.dtype];
  }

  /** All of it as fp32, kept for the other tensors that view it. Throws TorchFileError where it holds integers. */
  numbers(): Float32Array {
    return (this.#numbers ??= this.#read());
  }

  #read(): Float32Array {
    const { dtype } = this;
    if (dtype !== "F64" && dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") {
      throw new TorchFileError(`holds ${dtype} where F64, F32, F16 or BF16 is needed`);
    }
    const bytes = new Uint8Array(this.byteLength);
    let at = 0;
    for (const piece of this.pieces()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    if (dtype === "F32") return new Float32Array(bytes.buffer);
    return dtype === "F64" ? Float32Array.from(new Float64Array(bytes.buffer)) : toFloat32(dtype, bytes);
  }
}

export class TorchTensor {
  readonly storage: TorchStorage;
  readonly shape: readonly number[];
  /** In numbers of the storage: where the first one lies, and how far apart two neighbours of each dimension do. */
  readonly offset: number;
  readonly strides: readonly number[];

  constructor(
    storage: TorchStorage,
    shape: readonly number[],
    offset: number = 0,
    strides: readonly number[] = rowMajor(shape),
  ) {
    this.storage = storage;
    this.shape = shape;
    this.offset = offset;
    this.strides = strides;
  }

  /** Row by row, as fp32. Throws TorchFileError where it holds integers. */
  numbers(): Float32Array {
    const { shape, strides, offset } = this;
    const all = this.storage.numbers();
    const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const index = shape.map(() => 0);
    let from = offset;
    for (let to = 0; to < numbers.length; to++) {
      numbers[to] = all[from]!;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += strides[axis]!;
        if (++index[axis]! < shape[axis]!) break;
        from -= index[axis]! * strides[axis]!;
        index[axis] = 0;
      }
    }
    return numbers;
  }
}

/** A tensor of these bytes alone. */
export function denseTensor(dtype: TorchDtype, shape: readonly number[], bytes: Uint8Array): TorchTensor {
  return new TorchTensor(new TorchStorage(dtype, bytes.length / BYTES_PER_ELEMENT[dtype], () => [bytes]), shape);
}

function rowMajor(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}
