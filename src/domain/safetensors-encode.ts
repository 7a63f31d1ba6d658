import {
  BYTES_PER_ELEMENT,
  elements,
  LENGTH_BYTES,
  type SafetensorsDtype,
  type SafetensorsEntry,
} from "./safetensors.ts";

export interface TensorToEncode {
  readonly shape: readonly number[];
  /** Uint16Array: the bits of fp16. */
  readonly data: Float32Array | BigInt64Array | Uint16Array;
}

/** The same tensors give the same bytes: names sorted. `metadata` is texts for whoever reads the file. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorToEncode>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const names = Object.keys(tensors).toSorted();
  const parts = names.map((name) => {
    const { shape, data } = tensors[name]!;
    if (elements(shape) !== data.length) {
      throw new Error(`Internal error: tensor ${name} of shape [${shape.join(", ")}] holds ${data.length} numbers`);
    }
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  const header = safetensorsHeader(
    names.map((name) => ({ name, shape: tensors[name]!.shape, dtype: dtypeOf(tensors[name]!.data) })),
    metadata,
  );
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, header.length));
  bytes.set(header);
  let at = header.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * What a file begins with whose tensors lie one after the other in this order; padded with spaces so that they begin at a
 * multiple of 8.
 */
export function safetensorsHeader(
  tensors: readonly Pick<SafetensorsEntry, "name" | "dtype" | "shape">[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, dtype, shape }) => {
    if (name === "__metadata__") throw new Error("Internal error: a tensor has the name of the metadata");
    const begin = offset;
    offset += elements(shape) * BYTES_PER_ELEMENT[dtype];
    return [name, { dtype, shape, data_offsets: [begin, offset] }];
  });
  const all = metadata === undefined ? entries : [["__metadata__", metadata], ...entries];
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(all)));
  const textBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + textBytes).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(textBytes), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

function dtypeOf(data: TensorToEncode["data"]): SafetensorsDtype {
  if (data instanceof Float32Array) return "F32";
  return data instanceof Uint16Array ? "F16" : "I64";
}
