import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, parseSafetensorsHeader, toFloat32 } from "../../src/domain/safetensors.ts";
import { encodeSafetensors } from "../../src/domain/safetensors-encode.ts";

function file(header: string | object, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

describe("safetensors", () => {
  it("come back as they were written", () => {
    const tensor = fc.array(fc.nat({ max: 4 }), { maxLength: 3 }).chain((shape) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return fc.record({
        shape: fc.constant(shape),
        data: fc.float32Array({ minLength: size, maxLength: size, noNaN: true }),
      });
    });
    const names = fc.string().filter((name) => name !== "__metadata__");
    const property = fc.property(fc.dictionary(names, tensor), (tensors) => {
      const bytes = encodeSafetensors(tensors);
      expect([...parseSafetensorsHeader(bytes).entries.keys()].toSorted()).toEqual(Object.keys(tensors).toSorted());
      for (const [name, { shape, data }] of Object.entries(tensors)) {
        expect(decodeSafetensors(bytes, name)).toEqual({ shape, data });
      }
    });
    fc.assert(property);
  });

  it("begin their data at a multiple of 8 and hold 64-bit integers", () => {
    const bytes = encodeSafetensors({ ids: { shape: [2], data: BigInt64Array.of(1n, -2n) } });
    const entry = parseSafetensorsHeader(bytes).entries.get("ids")!;
    expect(entry).toEqual({ name: "ids", dtype: "I64", shape: [2], begin: 72, end: 88 });
    expect(new DataView(bytes.buffer).getBigInt64(80, true)).toBe(-2n);
  });

  it("widen bf16 and fp16 exactly", () => {
    const bf16 = Uint8Array.from([0x80, 0x3f, 0x20, 0xc1]);
    expect([...toFloat32("BF16", bf16)]).toEqual([1, -10]);
    const half = Uint16Array.of(0x3c00, 0xc900, 0x0001, 0x7bff, 0xfc00, 0x8000);
    expect([...toFloat32("F16", new Uint8Array(half.buffer))]).toEqual([1, -10, 2 ** -24, 65504, -Infinity, -0]);
  });

  it("name the tensors there are when one is asked for that is not", () => {
    const bytes = encodeSafetensors({ a: { shape: [1], data: Float32Array.of(1) } });
    expect(() => decodeSafetensors(bytes, "b")).toThrow('has no tensor "b"; it has a');
    expect(() => decodeSafetensors(file({ q: { dtype: "U8", shape: [1], data_offsets: [0, 1] } }, 1), "q")).toThrow(
      "holds U8 where F32, F16 or BF16 is needed",
    );
  });

  const one = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  it.each([
    ["a file of 3 bytes", new Uint8Array(3), "the file has 3 bytes, fewer than the 8 of a header length"],
    [
      "a huge header length",
      new Uint8Array(8).fill(0xff),
      "the header claims 18446744073709551615 bytes, more than the format's limit of 100000000",
    ],
    [
      "a header longer than the file",
      Uint8Array.from([9, 0, 0, 0, 0, 0, 0, 0, 1]),
      "the header claims 9 bytes, but the file has 9",
    ],
    ["no JSON", file("{", 0), "the header is not JSON"],
    ["a list", file("[]", 0), "the header is not a JSON object"],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }, 0), "__metadata__ is not a map from text to text"],
    ["a tensor that is no object", file({ a: 1 }, 0), 'tensor "a" is not a JSON object'],
    ["an unknown dtype", file({ a: { ...one, dtype: "toString" } }, 8), 'tensor "a" has the unknown dtype "toString"'],
    ["a negative shape", file({ a: { ...one, shape: [-2] } }, 8), 'tensor "a" has the impossible shape [-2]'],
    ["a shape beyond numbers", file({ a: { ...one, shape: [2 ** 40, 2 ** 40] } }, 8), "has the impossible shape"],
    [
      "offsets that go back",
      file({ a: { ...one, data_offsets: [8, 0] } }, 8),
      'tensor "a" has the impossible offsets [8,0]',
    ],
    ["a wrong length", file({ a: { ...one, shape: [3] } }, 8), 'tensor "a" takes 8 bytes, but F32 [3] needs 12'],
    [
      "an overlap",
      file({ a: one, b: { ...one, data_offsets: [4, 12] } }, 12),
      'tensor "b" overlaps the tensor before it',
    ],
    ["a hole", file({ a: { ...one, data_offsets: [4, 12] } }, 12), 'there is a hole of 4 bytes before "a"'],
    ["a cut file", file({ a: one }, 7), 'tensor "a" ends at byte 70, but the file has 69'],
    ["bytes after the end", file({ a: one }, 9), "1 bytes follow the last tensor"],
  ])("refuse %s", (_, bytes, message) => {
    expect(() => parseSafetensorsHeader(bytes)).toThrow(message);
  });

  it("never fail but with a SafetensorsError, whatever the bytes", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 60 }), fc.json(), (bytes, json) => {
      for (const candidate of [bytes, file(json, bytes.byteLength)]) {
        try {
          parseSafetensorsHeader(candidate);
        } catch (error) {
          expect((error as Error).name).toBe("SafetensorsError");
        }
      }
    });
    fc.assert(property);
  });
});
