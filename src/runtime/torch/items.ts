import { STORAGES, TorchFileError, TorchStorage, TorchTensor, type TorchDtype, type TorchValue } from "./tensor.ts";

/** What lies on a pickle machine's stack: values, and what they are made of. */
export type Item = TorchValue | Tuple | Name | TorchStorage;

/** A name of Python's. What it stands for is known here; nothing of Python's is called. */
export class Name {
  readonly text: string;

  /** Throws TorchFileError for a name that is no part of a tensor. */
  constructor(text: string) {
    if (text !== REBUILD && text !== ORDERED_DICT && !DTYPES.has(text)) throw refused(text);
    this.text = text;
  }
}

export class Tuple {
  readonly items: readonly Item[];

  constructor(items: readonly Item[]) {
    // A tensor's arguments are two deep; deeper, there is no end.
    const within = items.flatMap((item) => (item instanceof Tuple ? item.items : []));
    if (within.some((item) => item instanceof Tuple)) throw refused("tuples three deep");
    this.items = items;
  }
}

/** What a pickle says of a storage; its numbers lie in another file of the archive. */
export interface StorageName {
  readonly dtype: TorchDtype;
  readonly key: string;
  readonly length: number;
}

const REBUILD = "torch._utils._rebuild_tensor_v2";
const ORDERED_DICT = "collections.OrderedDict";
const DTYPES = new Map(Object.entries(STORAGES).map(([dtype, name]) => [`torch.${name}`, dtype as TorchDtype]));

/** Of ("storage", type, key, device, length). */
export function storageNameOf(item: Item): StorageName {
  const [word, type, key, device, length, ...more] = item instanceof Tuple ? item.items : [];
  const dtype = type instanceof Name ? DTYPES.get(type.text) : undefined;
  const isNamed = word === "storage" && typeof key === "string" && typeof device === "string" && more.length === 0;
  if (!isNamed || dtype === undefined || !isCount(length)) throw malformed();
  return { dtype, key, length };
}

/** As an element of a dict or list. */
export function plain(item: Item): TorchValue {
  if (item instanceof Name || item instanceof TorchStorage) throw refused("a class or a storage outside a tensor");
  return item instanceof Tuple ? item.items.map(plain) : item;
}

export function called(callee: Item, args: Item): TorchValue {
  if (!(callee instanceof Name) || !(args instanceof Tuple)) throw malformed();
  if (callee.text === REBUILD) return tensorOf(args.items);
  if (callee.text !== ORDERED_DICT || args.items.length > 0) throw malformed();
  return new Map();
}

/** Of (storage, offset, shape, strides, …): what follows is about gradients. */
function tensorOf([storage, offset, sizes, steps]: readonly Item[]): TorchTensor {
  if (!(storage instanceof TorchStorage) || !(sizes instanceof Tuple) || !(steps instanceof Tuple)) throw malformed();
  const [shape, strides] = [sizes.items, steps.items];
  if (!isCount(offset) || !shape.every(isCount) || !strides.every(isCount) || shape.length !== strides.length) {
    throw refused("a tensor of an impossible shape");
  }
  if (!shape.includes(0)) {
    let reach = 1;
    const dimensions = shape.map((size, axis) => ({ size, stride: strides[axis]! }));
    for (const { size, stride } of dimensions.filter((one) => one.size > 1).toSorted((a, b) => a.stride - b.stride)) {
      if (stride < reach)
        throw new TorchFileError("holds a tensor that has one number in several places: save its clone()");
      reach += (size - 1) * stride;
    }
    if (offset + reach > storage.length) {
      throw new TorchFileError(`a tensor ends at number ${offset + reach} of a storage of ${storage.length}`);
    }
  }
  return new TorchTensor(storage, shape, offset, strides);
}

function isCount(item: Item | undefined): item is number {
  return typeof item === "number" && Number.isSafeInteger(item) && item >= 0;
}

export function refused(what: string): TorchFileError {
  return new TorchFileError(
    `holds ${what}: only tensors, dicts, lists, texts and numbers are read, and nothing is run`,
  );
}

export function malformed(): TorchFileError {
  return new TorchFileError("data.pkl is malformed");
}
