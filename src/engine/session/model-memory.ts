import type { ModelMemory } from "../../domain/machine.ts";
import { blockTokensOf } from "../attention/paged.ts";
import type { DecoderShape } from "../architectures/types.ts";
import type { Placement } from "../provider.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { cacheBytesPerToken, passBytes, type MemoryRequest } from "./memory-plan.ts";
import { MAX_ROWS } from "./paged-generate.ts";

/** Tokens in the cache for every token of a pass: rows that are written hold many times what a pass gives them. */
const CACHE_PER_PASS = 8;
/** Logits, and what is made of them where tokens are drawn: softmax, its sums, padded copies. */
const LOGITS_COPIES = 3;
/** A GPU's cache of fewer tokens than this, or than the model has positions, is of no use. */
const LEAST_CACHE_TOKENS = 2048;

export const BYTES_PER_ELEMENT: Readonly<Record<Placement["type"], number>> = { float32: 4, float16: 2, bfloat16: 2 };

/** What a model asks of a GPU's memory. */
export function gpuRequest(
  { shape, tensors }: Pick<Checkpoint, "shape" | "tensors">,
  type: Placement["type"],
  maxBatchTokens: number,
  freeBytes: number,
): MemoryRequest {
  const bytesPerElement = BYTES_PER_ELEMENT[type];
  return {
    ...shape,
    // Of the cache: half precision, whatever the rest is computed in.
    bytesPerElement: 2,
    freeBytes,
    weightsBytes: weightsBytes({ tensors }, type),
    workBytes: passBytes(shape, { tokens: maxBatchTokens, predictedRows: LOGITS_COPIES * MAX_ROWS, bytesPerElement }),
    blockTokens: blockTokensOf(shape.headDim),
    minTokens: Math.min(shape.maxPositions, LEAST_CACHE_TOKENS),
    maxTokens: CACHE_PER_PASS * maxBatchTokens,
  };
}

/** What a model needs at the least to run on a provider. */
export function modelMemory(
  checkpoint: Checkpoint,
  { provider, type }: Placement,
  maxBatchTokens: number,
): ModelMemory {
  const parameters = parametersOf(checkpoint);
  if (provider === "cpu") {
    const bytesPerBatchToken = cpuBytesPerToken(checkpoint.shape);
    const batchBytes = maxBatchTokens * bytesPerBatchToken;
    return { parameters, weightsBytes: weightsBytes(checkpoint, type), batchBytes, bytesPerBatchToken };
  }
  const { workBytes, minTokens, ...cache } = gpuRequest(checkpoint, type, maxBatchTokens, 0);
  const batchBytes = workBytes + minTokens * cacheBytesPerToken(cache);
  const bytesPerElement = BYTES_PER_ELEMENT[type];
  const bytesPerBatchToken = passBytes(checkpoint.shape, { tokens: 1, predictedRows: 0, bytesPerElement });
  return { parameters, weightsBytes: cache.weightsBytes, batchBytes, bytesPerBatchToken };
}

/** As they lie in memory, whatever type the file has. */
export function weightsBytes(checkpoint: Pick<Checkpoint, "tensors">, type: Placement["type"]): number {
  return parametersOf(checkpoint) * BYTES_PER_ELEMENT[type];
}

function parametersOf({ tensors }: Pick<Checkpoint, "tensors">): number {
  let count = 0;
  for (const { shape } of tensors.values()) count += shape.reduce((product, size) => product * size, 1);
  return count;
}

/** ONNX Runtime's allocator grows in steps, and does not get back what is cut up. */
const ALLOCATOR = 1.25;
/** The cache itself, what the graph gathers of a pass's keys and values, and the binding's copy of that. */
const CACHE_COPIES = 3;

/**
 * A token of a pass on the CPU: the residual stream, what is added and its norm; the wider of attention (packed, rotated,
 * mixed) and MLP; keys and values of every layer, which are held to the pass's end. Measured: docs/decisions/memory.md.
 */
function cpuBytesPerToken(shape: DecoderShape): number {
  const { layers, hiddenSize, intermediateSize, heads, kvHeads, headDim } = shape;
  const attention = (3 * heads + 3 * kvHeads) * headDim;
  const held = layers * 2 * kvHeads * headDim;
  const pass = 4 * (3 * hiddenSize + Math.max(attention, 4 * intermediateSize) + held);
  return ALLOCATOR * pass + CACHE_COPIES * cacheBytesPerToken({ ...shape, bytesPerElement: 4 });
}
