import { STORAGES, TorchTensor, type TorchStorage, type TorchValue } from "./tensor.ts";
import { zipOf } from "./zip-writer.ts";

/**
 * The bytes, piece by piece, of a file that `torch.load(path, weights_only=True)` reads as `value`: maps become dicts,
 * arrays lists, whole numbers ints. Tensors that share a storage share it in the file. The same value gives the same bytes.
 *
 * Source: torch/serialization.py, the format since 1.6: an archive of a pickle and of the storages it names.
 */
export function* torchFile(value: TorchValue): Generator<Uint8Array> {
  const storages: TorchStorage[] = [];
  const pickle = Buffer.concat([PROTOCOL_2, ...pickled(value, storages), STOP]);
  const entryOf = (name: string, pieces: Iterable<Uint8Array>, byteLength: number) => ({
    name: `archive/${name}`,
    byteLength,
    pieces,
  });
  const small = (name: string, content: Buffer) => entryOf(name, [content], content.length);
  yield* zipOf([
    small("data.pkl", pickle),
    small("byteorder", Buffer.from("little")),
    ...storages.map((storage, key) => entryOf(`data/${key}`, storage.pieces(), storage.byteLength)),
    small("version", Buffer.from("3\n")),
  ]);
}

const PROTOCOL_2 = Buffer.from("\x80\x02", "latin1");
const STOP = Buffer.from(".");
const MARK = Buffer.from("(");
const TUPLE = Buffer.from("t");
const REDUCE = Buffer.from("R");

/** What builds `value` on the pickle machine's stack. Adds the storages that are new to `storages`, whose index is their key. */
function* pickled(value: TorchValue, storages: TorchStorage[]): Generator<Buffer> {
  if (value instanceof TorchTensor) yield* pickledTensor(value, storages);
  else if (value instanceof Map) {
    yield Buffer.from("}(");
    for (const [key, item] of value as ReadonlyMap<string | number, TorchValue>) {
      yield* pickled(key, storages);
      yield* pickled(item, storages);
    }
    yield Buffer.from("u");
  } else if (Array.isArray(value)) {
    yield Buffer.from("](");
    for (const item of value as readonly TorchValue[]) yield* pickled(item, storages);
    yield Buffer.from("e");
  } else if (typeof value === "string") yield textOf(value);
  else if (typeof value === "number") yield numberOf(value);
  else yield Buffer.from(value === null ? "N" : value ? "\x88" : "\x89", "latin1");
}

function* pickledTensor({ storage, shape, offset, strides }: TorchTensor, storages: TorchStorage[]): Generator<Buffer> {
  let key = storages.indexOf(storage);
  if (key < 0) key = storages.push(storage) - 1;
  yield* [globalOf("torch._utils", "_rebuild_tensor_v2"), MARK];
  yield* [MARK, textOf("storage"), globalOf("torch", STORAGES[storage.dtype]), textOf(String(key)), textOf("cpu")];
  yield* [numberOf(storage.length), TUPLE, Buffer.from("Q"), numberOf(offset)];
  for (const sizes of [shape, strides]) yield* [MARK, ...sizes.map(numberOf), TUPLE];
  // No gradient, and no hooks of one.
  yield* [Buffer.from("\x89", "latin1"), globalOf("collections", "OrderedDict"), Buffer.from(")"), REDUCE];
  yield* [TUPLE, REDUCE];
}

function globalOf(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`);
}

function textOf(text: string): Buffer {
  const bytes = Buffer.from(`X....${text}`);
  bytes.writeUInt32LE(bytes.length - 5, 1);
  return bytes;
}

function numberOf(value: number): Buffer {
  if (!Number.isInteger(value)) {
    const bytes = Buffer.from("G........");
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (value === (value | 0)) {
    const bytes = Buffer.from("J....");
    bytes.writeInt32LE(value, 1);
    return bytes;
  }
  const bytes = Buffer.from("\x8a\x08........", "latin1");
  bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}
