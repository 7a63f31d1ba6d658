import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { readTorchFile } from "../../src/runtime/torch/read.ts";
import { TorchTensor, type TorchDtype, type TorchValue } from "../../src/runtime/torch/tensor.ts";
import { torchFile } from "../../src/runtime/torch/write.ts";
import { zipOf } from "../../src/runtime/torch/zip-writer.ts";

const GOLDEN = new URL("../golden/torch/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", GOLDEN), "utf8")) as Record<string, unknown>;

const TORCH_NAMES: Readonly<Partial<Record<TorchDtype, string>>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};
const INTEGERS: Readonly<Partial<Record<TorchDtype, readonly [string, (bytes: Buffer) => number]>>> = {
  I64: ["int64", (bytes) => Number(bytes.readBigInt64LE())],
  I32: ["int32", (bytes) => bytes.readInt32LE()],
  I16: ["int16", (bytes) => bytes.readInt16LE()],
  I8: ["int8", (bytes) => bytes.readInt8()],
  U8: ["uint8", (bytes) => bytes.readUInt8()],
  BOOL: ["bool", (bytes) => bytes.readUInt8()],
};

/** As torch_load.py says it. */
function plain(value: TorchValue): unknown {
  if (value instanceof TorchTensor) {
    const { storage, shape } = value;
    const [name, read] = INTEGERS[storage.dtype] ?? [];
    if (name === undefined || read === undefined) return [TORCH_NAMES[storage.dtype], shape, [...value.numbers()]];
    const bytes = Buffer.concat([...storage.pieces()]);
    const size = storage.byteLength / storage.length;
    return [name, shape, Array.from({ length: storage.length }, (_, at) => read(bytes.subarray(at * size)))];
  }
  if (value instanceof Map)
    return [...(value as ReadonlyMap<string, TorchValue>)].map(([key, item]) => [key, plain(item)]);
  return Array.isArray(value) ? (value as readonly TorchValue[]).map(plain) : value;
}

/** Why a file is refused; undefined where it is not. */
function whyNot(file: Uint8Array): string | undefined {
  try {
    readTorchFile(file);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ name: "TorchFileError" });
    return (error as Error).message;
  }
}

const ONLY = ": only tensors, dicts, lists, texts and numbers are read, and nothing is run";

describe("files of torch.save", () => {
  it.each(Object.keys(expected))("%s.pt holds what torch says", (name) => {
    const file = readFileSync(new URL(`${name}.pt`, GOLDEN));
    expect(plain(readTorchFile(file))).toEqual(expected[name]);
    // And what is read can be written.
    const again = Buffer.concat([...torchFile(readTorchFile(file))]);
    expect(plain(readTorchFile(again))).toEqual(expected[name]);
  });

  it("are refused where they hold more than tensors, dicts, lists, texts and numbers", () => {
    const folder = new URL("refused/", GOLDEN);
    const reasons = readdirSync(folder).map((name) => [name, whyNot(readFileSync(new URL(name, folder)))]);
    expect(Object.fromEntries(reasons)).toEqual({
      "dtype.pt": `holds torch.float32${ONLY}`,
      "expanded.pt": "holds a tensor that has one number in several places: save its clone()",
      "huge.pt": `holds a whole number beyond 2⁵³${ONLY}`,
      "numpy.pt": `holds numpy._core.multiarray.scalar${ONLY}`,
      "old.pt": "is in torch's format before 1.6, or a pickle: torch.save(torch.load(…)) writes it anew",
      "parameter.pt": `holds torch._utils._rebuild_parameter${ONLY}`,
    });
  });

  it("are cut off at any byte, and refused", () => {
    const file = readFileSync(new URL("capture.pt", GOLDEN));
    for (let length = 0; length < file.length; length++) {
      expect(() => readTorchFile(file.subarray(0, length))).toThrow(/^is cut off, or no torch file/);
    }
  });

  it("are damaged at any byte, and read as they were or refused", () => {
    const file = readFileSync(new URL("tensor.pt", GOLDEN));
    let refused = 0;
    for (let at = 0; at < file.length; at++) {
      const damaged = Buffer.from(file);
      damaged[at]! ^= 0x41;
      try {
        expect(plain(readTorchFile(damaged))).toEqual(expected["tensor"]);
      } catch (error) {
        expect(error).toMatchObject({ name: "TorchFileError" });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
  });
});

/** An archive as torch's whose pickle is this, with a storage of four numbers. */
function archive(pickle: string): Buffer {
  const member = (name: string, bytes: Buffer) => ({ name: `x/${name}`, byteLength: bytes.length, pieces: [bytes] });
  const members = [member("data.pkl", Buffer.from(pickle, "latin1")), member("data/0", Buffer.alloc(16))];
  return Buffer.concat([...zipOf(members)]);
}

const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
const int = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return `J${bytes.toString("latin1")}`;
};
const tuple = (...items: readonly string[]): string => `(${items.join("")}t`;
const storage = (key = "0", length = 4, type = "FloatStorage"): string =>
  `${tuple(text("storage"), `ctorch\n${type}\n`, text(key), text("cpu"), int(length))}Q`;
const tensor = (shape: readonly number[], strides: readonly number[], offset = 0, of: string = storage()): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n${tuple(of, int(offset), tuple(...shape.map(int)), tuple(...strides.map(int)), "\x89", "N")}R`;

const refusal = (pickle: string): string | undefined => whyNot(archive(`\x80\x02${pickle}.`));

test("the pickles of these tests are what torch.save writes, but for what they are about", () => {
  expect(refusal(tensor([2, 2], [2, 1]))).toBeUndefined();
  expect(refusal(tensor([2, 1], [2, 7], 1))).toBeUndefined();
});

test.each([
  ["what runs a command", `cos\nsystem\n${tuple(text("true"))}R`, `holds os.system${ONLY}`],
  ["what imports", `c__builtin__\n__import__\n${tuple(text("os"))}R`, `holds __builtin__.__import__${ONLY}`],
  ["a name near to torch's", "ctorch.storage\n_load_from_bytes\n", `holds torch.storage._load_from_bytes${ONLY}`],
  ["an instance of a class", `(ios\nsystem\n`, `holds the opcode 0x69${ONLY}`],
  ["a state that is set", `${tensor([1], [1])}}b`, `holds the opcode 0x62${ONLY}`],
  ["a name that is found on the stack", `${text("os")}${text("system")}\x93`, `holds the opcode 0x93${ONLY}`],
  ["an extension", "\x82\x01", `holds the opcode 0x82${ONLY}`],
  ["a class by itself", "ctorch\nFloatStorage\n", `holds a class or a storage outside a tensor${ONLY}`],
  ["a storage by itself", storage(), `holds a class or a storage outside a tensor${ONLY}`],
  ["a storage class that is called", `ctorch\nFloatStorage\n${tuple(int(4))}R`, "data.pkl is malformed"],
  ["a list in itself", "]q\x00h\x00a", `holds a dict, list or tuple that is met twice${ONLY}`],
  ["lists of lists of lists", "]".repeat(200) + "a".repeat(199), `holds dicts and lists more than 100 deep${ONLY}`],
  ["tuples of tuples", `)${"\x85".repeat(1e6)}`, `holds tuples three deep${ONLY}`],
  ["a memo that nobody wrote", "j\xff\xff\xff\xff", "data.pkl is malformed"],
  ["a memo at the far end", "Nr\xff\xff\xff\xff", undefined],
  ["a memo of nothing", "q\x00", "data.pkl is malformed"],
  ["a mark that is missing", "NNt", "data.pkl is malformed"],
  ["nothing at all", "", "data.pkl is malformed"],
  ["an item of what is no dict", "]NNs", "data.pkl is malformed"],
  ["a key without a value", "}(Nu", "data.pkl is malformed"],
  ["a key that is a list", "}(]Nu", `holds a key that is no text or number${ONLY}`],
  ["a text that is longer than the file", "X\xff\xff\xff\xffabc", "data.pkl is cut off"],
  ["a name without an end", "cos", "data.pkl is cut off"],
  ["a text that is not UTF-8", "X\x01\0\0\0\xff", `holds a text that is not UTF-8${ONLY}`],
  ["another protocol", "\x80\x04N", `holds pickle protocol 4 (torch.save writes 2)${ONLY}`],
  ["a key that is a path", tensor([4], [1], 0, storage("../../../etc/passwd")), 'has no storage "../../../etc/passwd"'],
  ["a key of another file", tensor([4], [1], 0, storage("../data.pkl")), 'has no storage "../data.pkl"'],
  [
    "a storage that is longer than its file",
    tensor([5], [1], 0, storage("0", 5)),
    'storage "0" has 16 bytes instead of 20',
  ],
  ["a storage of less than nothing", tensor([0], [1], 0, storage("0", -1)), "data.pkl is malformed"],
  [
    "a storage of two types",
    `](${tensor([4], [1])}${tensor([4], [1], 0, storage("0", 4, "IntStorage"))}e`,
    'storage "0" is read as two things',
  ],
  ["a tensor beyond its storage", tensor([2, 2], [2, 1], 1), "a tensor ends at number 5 of a storage of 4"],
  ["strides beyond its storage", tensor([2], [4]), "a tensor ends at number 5 of a storage of 4"],
  [
    "a stride of nothing",
    tensor([2 ** 30], [0]),
    "holds a tensor that has one number in several places: save its clone()",
  ],
  [
    "strides that overlap",
    tensor([2, 2], [1, 1]),
    "holds a tensor that has one number in several places: save its clone()",
  ],
  ["a stride backwards", tensor([2], [-1], 3), `holds a tensor of an impossible shape${ONLY}`],
  ["an offset before the beginning", tensor([2], [1], -1), `holds a tensor of an impossible shape${ONLY}`],
  ["a shape of less than nothing", tensor([-2], [1]), `holds a tensor of an impossible shape${ONLY}`],
  ["a shape without strides", tensor([2], []), `holds a tensor of an impossible shape${ONLY}`],
])("a pickle with %s", (_, pickle, why) => {
  expect(refusal(pickle)).toBe(why);
});

describe("an archive that is not as torch writes them", () => {
  const file = archive("\x80\x02N.");
  const changed = (from: string, to: string): Buffer =>
    Buffer.from(file.toString("latin1").replaceAll(from, to), "latin1");
  const members = (...names: readonly string[]): Buffer =>
    Buffer.concat([
      ...zipOf(names.map((name) => ({ name, byteLength: 3, pieces: [Buffer.from("\x80\x02N", "latin1")] }))),
    ]);

  it("is refused", () => {
    expect(whyNot(file)).toBeUndefined();
    expect(whyNot(Buffer.alloc(0))).toBe("is cut off, or no torch file: it does not end as a zip archive does");
    expect(whyNot(Buffer.from("{}"))).toBe("is cut off, or no torch file: it does not end as a zip archive does");
    expect(whyNot(members("x/other"))).toBe("is a zip archive, but no torch file");
    expect(whyNot(members("x/data.pkl", "y/data.pkl"))).toBe("is a zip archive, but no torch file");
    expect(whyNot(members("x/data.pkl", "x/data.pkl"))).toBe('holds "x/data.pkl" twice');
    expect(whyNot(members("x/data.pkl", "x/byteorder"))).toBe("is of a big-endian machine");
    // Compressed: the method of both headers.
    expect(whyNot(changed("\x08\x08\0\0", "\x08\x08\x08\0"))).toBe('"x/data.pkl" is compressed or encrypted');
    // The pickle says True, its checksum None.
    expect(whyNot(changed("\x80\x02N.", "\x80\x02\x88."))).toBe(
      '"x/data.pkl" is damaged: its checksum is not that of its bytes',
    );
  });

  it("whose storage is damaged is refused when its numbers are asked for", () => {
    const whole = archive(`\x80\x02${tensor([4], [1])}.`);
    const at = whole.indexOf(Buffer.from("x/data/0")) + "x/data/0".length + 20;
    whole[at]! ^= 1;
    const read = readTorchFile(whole) as TorchTensor;
    expect(() => read.numbers()).toThrow('"x/data/0" is damaged: its checksum is not that of its bytes');
  });

  it("whose members share their bytes is refused", () => {
    const many = members("x/data.pkl", "x/data/0");
    // Both directory entries at the first one, and said to be as long as the file.
    const entry = many.indexOf(Buffer.from("PK\x01\x02", "latin1"));
    expect(entry).toBeGreaterThan(0);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(many.length));
    size.copy(many, entry + 46 + "x/data.pkl".length + 4);
    size.copy(many, entry + 46 + "x/data.pkl".length + 12);
    expect(whyNot(many)).toBe('is damaged: its "x/data.pkl" does not lie in the file as it says');
  });
});
