import { TorchFileError, type TorchStorage, type TorchValue } from "./tensor.ts";
import { called, malformed, Name, plain, refused, storageNameOf, Tuple, type Item, type StorageName } from "./items.ts";

const MOST_NESTED = 100;

/**
 * Reads a pickle as torch.save writes it around tensors, dicts, lists, texts and numbers, without running what it says: any
 * name or opcode that these have no need of throws TorchFileError. So does a dict or list that is met twice, which a pickle
 * may nest in itself, or in others more often than there is memory.
 *
 * Source: Python's Lib/pickletools.py, protocol 2.
 */
export function unpickle(bytes: Uint8Array, storageOf: (name: StorageName) => TorchStorage): TorchValue {
  const value = new Machine(bytes, storageOf).run();
  let level: readonly TorchValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_NESTED) throw refused(`dicts and lists more than ${MOST_NESTED} deep`);
    level = level.flatMap((one) => (one instanceof Map ? [...one.values()] : Array.isArray(one) ? one : []));
  }
  return value;
}

class Machine {
  readonly #bytes: Buffer;
  readonly #storageOf: (name: StorageName) => TorchStorage;
  #at = 0;
  #stack: Item[] = [];
  /** The stacks below each mark. */
  readonly #below: Item[][] = [];
  readonly #memo = new Map<number, Item>();

  constructor(bytes: Uint8Array, storageOf: (name: StorageName) => TorchStorage) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#storageOf = storageOf;
  }

  run(): TorchValue {
    for (;;) {
      const opcode = String.fromCharCode(this.#take(1)[0]!);
      if (opcode === ".") return plain(this.#pop());
      this.#execute(opcode);
    }
  }

  #execute(opcode: string): void {
    switch (opcode) {
      case "\x80": {
        const protocol = this.#take(1)[0]!;
        if (protocol !== 2) throw refused(`pickle protocol ${protocol} (torch.save writes 2)`);
        return;
      }
      case "(":
        this.#below.push(this.#stack);
        this.#stack = [];
        return;
      case "}":
        return this.#push(new Map());
      case "]":
        return this.#push([]);
      case ")":
        return this.#push(new Tuple([]));
      case "t":
        return this.#push(new Tuple(this.#toMark()));
      case "\x85":
      case "\x86":
      case "\x87":
        return this.#push(new Tuple(this.#popSeveral(opcode.charCodeAt(0) - 0x84)));
      case "s":
        return this.#setItems(this.#popSeveral(2));
      case "u":
        return this.#setItems(this.#toMark());
      case "a":
        return this.#append(this.#popSeveral(1));
      case "e":
        return this.#append(this.#toMark());
      case "q":
        return void this.#memo.set(this.#take(1)[0]!, this.#top());
      case "r":
        return void this.#memo.set(this.#take(4).readUInt32LE(), this.#top());
      case "h":
        return this.#recall(this.#take(1)[0]!);
      case "j":
        return this.#recall(this.#take(4).readUInt32LE());
      case "X":
        return this.#push(this.#text());
      case "K":
        return this.#push(this.#take(1)[0]!);
      case "M":
        return this.#push(this.#take(2).readUInt16LE());
      case "J":
        return this.#push(this.#take(4).readInt32LE());
      case "\x8a":
        return this.#push(this.#long());
      case "G":
        return this.#push(this.#take(8).readDoubleBE());
      case "N":
        return this.#push(null);
      case "\x88":
        return this.#push(true);
      case "\x89":
        return this.#push(false);
      case "c":
        return this.#push(new Name([this.#line(), this.#line()].join(".")));
      case "Q":
        return this.#push(this.#storageOf(storageNameOf(this.#pop())));
      case "R": {
        const [callee, args] = this.#popSeveral(2);
        return this.#push(called(callee!, args!));
      }
      default:
        throw refused(`the opcode 0x${opcode.charCodeAt(0).toString(16).padStart(2, "0")}`);
    }
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new TorchFileError("data.pkl is cut off");
    return this.#bytes.subarray(this.#at, (this.#at += count));
  }

  #push(item: Item): void {
    this.#stack.push(item);
  }

  #top(): Item {
    const item = this.#stack.at(-1);
    if (item === undefined) throw malformed();
    return item;
  }

  #pop(): Item {
    const item = this.#top();
    this.#stack.pop();
    return item;
  }

  #popSeveral(count: number): Item[] {
    if (this.#stack.length < count) throw malformed();
    return this.#stack.splice(-count);
  }

  #toMark(): Item[] {
    const items = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw malformed();
    this.#stack = below;
    return items;
  }

  #setItems(items: readonly Item[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw malformed();
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index];
      if (typeof key !== "string" && typeof key !== "number") throw refused("a key that is no text or number");
      (dict as Map<string | number, TorchValue>).set(key, plain(items[index + 1]!));
    }
  }

  #append(items: readonly Item[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw malformed();
    for (const item of items) (list as TorchValue[]).push(plain(item));
  }

  #recall(index: number): void {
    const item = this.#memo.get(index);
    if (item === undefined) throw malformed();
    if (item instanceof Map || Array.isArray(item) || item instanceof Tuple) {
      throw refused("a dict, list or tuple that is met twice");
    }
    this.#push(item);
  }

  #text(): string {
    const bytes = this.#take(this.#take(4).readUInt32LE());
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw refused("a text that is not UTF-8");
    }
  }

  #long(): number {
    const bytes = this.#take(this.#take(1)[0]!);
    if (bytes.length > 8) throw refused("a whole number beyond 2⁵³");
    const hex = Buffer.from(bytes.toReversed()).toString("hex");
    const value = Number(BigInt.asIntN(8 * bytes.length, BigInt(`0x0${hex}`)));
    if (!Number.isSafeInteger(value)) throw refused("a whole number beyond 2⁵³");
    return value;
  }

  #line(): string {
    const end = this.#bytes.indexOf("\n", this.#at);
    if (end < 0) throw new TorchFileError("data.pkl is cut off");
    return this.#take(end + 1 - this.#at)
      .subarray(0, -1)
      .toString();
  }
}
