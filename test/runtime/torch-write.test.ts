import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { denseTensor, TorchStorage, TorchTensor, type TorchValue } from "../../src/runtime/torch/tensor.ts";
import { torchFile } from "../../src/runtime/torch/write.ts";
import { hasTorch, NEEDS_TORCH, PYTHON } from "../rig/python.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const LOADER = new URL("../rig/torch_load.py", import.meta.url).pathname;

/** What a file holds, what torch_load.py says of it, and the digest of what torch has read, for machines without. */
interface Case {
  readonly value: TorchValue;
  readonly loaded: unknown;
  readonly sha256: string;
}

const bytesOf = (...numbers: number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer);
/** [token, layer, hidden] of 2, 3 and 2. */
const numbers = Float32Array.from({ length: 12 }, (_, index) => index - 0.5);
const piecewise = new TorchStorage("F32", 12, () => {
  const bytes = new Uint8Array(numbers.buffer);
  return [bytes.subarray(0, 7), bytes.subarray(7)];
});
const layer = (index: number): TorchTensor => new TorchTensor(piecewise, [2, 2], 2 * index, [6, 1]);

const CASES: Readonly<Record<string, Case>> = {
  "a tensor": {
    value: denseTensor("F32", [2, 3], bytesOf(1, -2.5, 3, 4, 5, 1e-30)),
    loaded: ["float32", [2, 3], [1, -2.5, 3, 4, 5, Math.fround(1e-30)]],
    sha256: "b1f62dcc562b431c524528714d4fe5777e206be8c18678c666862a75a59194bb",
  },
  "each type": {
    value: [
      denseTensor("F16", [2], Uint8Array.of(0, 0x3c, 0, 0xc0)),
      denseTensor("BF16", [2], Uint8Array.of(0x80, 0x3f, 0, 0xc0)),
      denseTensor("F64", [], new Uint8Array(Float64Array.of(Math.PI).buffer)),
      denseTensor("I64", [1], new Uint8Array(BigInt64Array.of(-5n).buffer)),
      denseTensor("I32", [1], Uint8Array.of(1, 0, 0, 0)),
      denseTensor("I16", [1], Uint8Array.of(1, 1)),
      denseTensor("I8", [1], Uint8Array.of(255)),
      denseTensor("U8", [1], Uint8Array.of(255)),
      denseTensor("BOOL", [2], Uint8Array.of(0, 1)),
      denseTensor("F32", [0, 4], new Uint8Array()),
    ],
    loaded: [
      ["float16", [2], [1, -2]],
      ["bfloat16", [2], [1, -2]],
      ["float64", [], [Math.PI]],
      ["int64", [1], [-5]],
      ["int32", [1], [1]],
      ["int16", [1], [257]],
      ["int8", [1], [-1]],
      ["uint8", [1], [255]],
      ["bool", [2], [0, 1]],
      ["float32", [0, 4], []],
    ],
    sha256: "4bceade0a7f72d419412a7279845bf6685a88a32dc823ffd559739fd9e6cf683",
  },
  "views of one storage, in dicts": {
    value: new Map([
      [0, new Map([["residual", layer(0)]])],
      [2, new Map([["residual", layer(2)]])],
    ]),
    loaded: [
      [0, [["residual", ["float32", [2, 2], [-0.5, 0.5, 5.5, 6.5]]]]],
      [2, [["residual", ["float32", [2, 2], [3.5, 4.5, 9.5, 10.5]]]]],
    ],
    sha256: "69b37eafe2a5c607ecafbeb4d17c050e88b33eb49cea9b50426d7edd6b82aa5d",
  },
  "texts, numbers and nothing": {
    value: new Map<string, TorchValue>([
      ["text", "naïve \u{1F9ED}\n"],
      ["numbers", [0, 255, -1, 70_000, -(2 ** 31), 2 ** 31, -(2 ** 40), 2 ** 53 - 1, 1.5, -0.1]],
      ["others", [true, false, null, "", [], [[]]]],
      ["dict", new Map()],
    ]),
    loaded: [
      ["text", "naïve \u{1F9ED}\n"],
      ["numbers", [0, 255, -1, 70_000, -(2 ** 31), 2 ** 31, -(2 ** 40), 2 ** 53 - 1, 1.5, -0.1]],
      ["others", [true, false, null, "", [], [[]]]],
      ["dict", []],
    ],
    sha256: "ebe3e7b4f5b2fba8eb5ef61324ffe372d22c60e050ffbff7183ad75a835266a3",
  },
};

const files = Object.values(CASES).map(({ value }) => Buffer.concat([...torchFile(value)]));

it("files are the bytes that torch has read", () => {
  const digests = files.map((file) => createHash("sha256").update(file).digest("hex"));
  expect(digests).toEqual(Object.values(CASES).map(({ sha256 }) => sha256));
});

it.skipIf(!hasTorch)(`files are read by torch ${NEEDS_TORCH}`, () => {
  const folder = tempFolder();
  const paths = files.map((_, index) => join(folder, `${index}.pt`));
  for (const [index, path] of paths.entries()) writeFileSync(path, files[index] as Buffer);
  const { stdout, stderr } = spawnSync(PYTHON, [LOADER, ...paths], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(Object.values(CASES).map(({ loaded }) => loaded));
});

it("a storage whose bytes are not as many as it says is our mistake", () => {
  const short = new TorchTensor(new TorchStorage("F32", 3, () => [bytesOf(1, 2)]), [3]);
  expect(() => [...torchFile(short)]).toThrow("Internal error: archive/data/0 has 8 bytes instead of 12");
});
