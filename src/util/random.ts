import { createHash } from "node:crypto";

/**
 * Numbers in [0, 1) that look random and depend on the seed alone, on every machine. Any two seeds, however alike, give
 * unrelated streams, because the seed's hash is the generator's state.
 *
 * Source: sfc32 from Chris Doty-Humphrey's PractRand, 128 bits of state of which 32 are a counter, so the period is at
 * least 2³². Each number takes two outputs for 53 bits.
 */
export function seededRandom(seed: string): () => number {
  const digest = createHash("sha256").update(seed).digest();
  let a = digest.readInt32LE(0);
  let b = digest.readInt32LE(4);
  let c = digest.readInt32LE(8);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  return () => ((next() >>> 6) * 2 ** 27 + (next() >>> 5)) * 2 ** -53;
}
