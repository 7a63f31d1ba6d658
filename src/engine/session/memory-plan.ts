import type { DecoderShape } from "../architectures/types.ts";

/** How a model's memory is shared out, before anything is loaded. All of it is arithmetic on sizes in bytes. */

/** What the size of cached keys and values depends on. */
export interface CacheShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Of one cached number: 4 for float32, 2 for float16 and bfloat16. */
  readonly bytesPerElement: number;
}

export interface MemoryRequest extends CacheShape {
  /** What the device has free now. */
  readonly freeBytes: number;
  /** The weights as they will lie in the device's memory. */
  readonly weightsBytes: number;
  /** What the largest forward pass needs besides: `passBytes`. */
  readonly workBytes: number;
  /** Tokens in a block of the cache. */
  readonly blockTokens: number;
  /** The cache is of no use with fewer tokens: the longest row. */
  readonly minTokens: number;
  /** More tokens than this are never cached at once. */
  readonly maxTokens: number;
  /** Part of the free memory that is left alone: the allocator's rounding, other programs. */
  readonly spare?: number;
}

export type MemoryPlan =
  | {
      readonly fits: true;
      /** Of the cache: as many as there is memory for and tokens to fill. */
      readonly blocks: number;
      readonly cacheTokens: number;
      readonly cacheBytes: number;
      /** Weights, work and cache. */
      readonly totalBytes: number;
    }
  | {
      readonly fits: false;
      /** Weights, work, and the smallest cache of use. */
      readonly neededBytes: number;
      /** Of it, what there is no room for. */
      readonly missingBytes: number;
    };

const SPARE = 0.05;

/** Keys and values of a token in every layer. */
export function cacheBytesPerToken({ layers, kvHeads, headDim, bytesPerElement }: CacheShape): number {
  return 2 * layers * kvHeads * headDim * bytesPerElement;
}

/** Gives the cache what weights and work leave of the free memory, in whole blocks. */
export function planMemory(request: MemoryRequest): MemoryPlan {
  const { freeBytes, weightsBytes, workBytes, blockTokens, spare = SPARE } = request;
  const blockBytes = blockTokens * cacheBytesPerToken(request);
  const fixedBytes = weightsBytes + workBytes;
  const usableBytes = Math.floor(freeBytes * (1 - spare));
  const leastBlocks = Math.ceil(request.minTokens / blockTokens);
  const neededBytes = fixedBytes + leastBlocks * blockBytes;
  if (neededBytes > usableBytes) return { fits: false, neededBytes, missingBytes: neededBytes - usableBytes };
  const mostBlocks = Math.max(leastBlocks, Math.ceil(request.maxTokens / blockTokens));
  const blocks = Math.min(mostBlocks, Math.floor((usableBytes - fixedBytes) / blockBytes));
  const cacheBytes = blocks * blockBytes;
  return { fits: true, blocks, cacheTokens: blocks * blockTokens, cacheBytes, totalBytes: fixedBytes + cacheBytes };
}

/**
 * The most that one forward pass holds at once besides weights and cache: the residual stream with what is added to it and
 * its norm, and the wider of attention (queries, keys, values and their mix) and MLP (gate, its activation, up, product);
 * logits of the rows that are predicted, in fp32, with their log-probabilities.
 */
export function passBytes(
  shape: Pick<DecoderShape, "hiddenSize" | "intermediateSize" | "heads" | "kvHeads" | "headDim" | "vocabSize">,
  pass: { readonly tokens: number; readonly predictedRows: number; readonly bytesPerElement: number },
): number {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabSize } = shape;
  const attention = (2 * heads + 2 * kvHeads) * headDim;
  const widest = 3 * hiddenSize + Math.max(attention, 4 * intermediateSize);
  return pass.tokens * widest * pass.bytesPerElement + pass.predictedRows * 2 * vocabSize * 4;
}
