/** From here on, numbers round to infinity: 65,520. As the bits of an fp32. */
const TOO_LARGE = 0x47_7f_f0_00;
/** 2⁻¹⁴; below, halves are multiples of 2⁻²⁴. */
const SMALLEST_NORMAL = 0x38_80_00_00;
/** Adding it and taking it away rounds a number below it to the nearest integer, the even one of two. */
const ROUNDS = 2 ** 52;

/**
 * The nearest IEEE 754 half of each number, as its bits; of two that are equally near, the even one. Undefined when one of
 * the numbers is beyond what a half can hold.
 */
export function toFloat16(numbers: Float32Array): Uint16Array | undefined {
  const source = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(numbers.length);
  for (let index = 0; index < halves.length; index++) {
    const bits = source[index]!;
    const magnitude = bits & 0x7f_ff_ff_ff;
    if (magnitude >= TOO_LARGE) return undefined;
    const half =
      magnitude >= SMALLEST_NORMAL
        ? (magnitude - 0x38_00_00_00 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13
        : Math.abs(numbers[index]!) * 2 ** 24 + ROUNDS - ROUNDS;
    halves[index] = ((bits >>> 16) & 0x8000) | half;
  }
  return halves;
}
