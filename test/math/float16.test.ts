import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFloat32 } from "../../src/domain/safetensors.ts";
import { toFloat16 } from "../../src/math/float16.ts";

function numbersOf(halves: Uint16Array): Float32Array {
  return toFloat32("F16", new Uint8Array(halves.buffer));
}

describe("halves of numbers", () => {
  it("come back as they were", () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(toFloat16(numbersOf(all))).toEqual(all);
  });

  it("are the nearest", () => {
    const range = { noNaN: true, min: Math.fround(-65_519), max: Math.fround(65_519) };
    const small = fc.float({ noNaN: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) });
    fc.assert(
      fc.property(fc.oneof(fc.float(range), small), (value) => {
        const [bits = 0] = toFloat16(Float32Array.of(value)) ?? [];
        const distance = (half: number) => Math.abs((numbersOf(Uint16Array.of(half))[0] as number) - value);
        const neighbours = [bits - 1, bits + 1].map(distance).filter(Number.isFinite);
        expect(distance(bits)).toBeLessThanOrEqual(Math.min(...neighbours));
      }),
      { numRuns: 2000 },
    );
  });

  it("are the even ones of two that are as near", () => {
    const ulp = 2 ** -10;
    const rounded = toFloat16(Float32Array.of(1 + ulp / 2, 1 + 1.5 * ulp, 2 ** -25, 1.5 * 2 ** -24));
    expect([...numbersOf(rounded as Uint16Array)]).toEqual([1, 1 + 2 * ulp, 0, 2 * 2 ** -24]);
  });

  it("are not there beyond their range", () => {
    expect(numbersOf(toFloat16(Float32Array.of(65_519)) as Uint16Array)[0]).toBe(65_504);
    for (const value of [65_520, -65_520, 1e38, Infinity, NaN]) {
      expect(toFloat16(Float32Array.of(1, value))).toBeUndefined();
    }
  });
});
