/**
 * The nearest bfloat16 of each finite number, as its bits; of two that are equally near, the even one, as IEEE 754 rounds.
 * A bfloat16 is the upper half of an fp32.
 */
export function toBfloat16(numbers: Float32Array): Uint16Array {
  const source = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const bits = new Uint16Array(numbers.length);
  for (let index = 0; index < bits.length; index++) {
    const value = source[index]!;
    bits[index] = (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return bits;
}
