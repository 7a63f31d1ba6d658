import type { ModelMemory } from "../../domain/machine.ts";

/** Whether models fit into a device's memory together. */
export interface MemoryVerdict {
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** Without what is left to other programs. Negative: so much is missing. */
  readonly leftBytes: number;
  /** `engine.max_batch_tokens` with which they do fit; undefined when they do, or never will. */
  readonly fittingBatchTokens: number | undefined;
}

/** As the engine's memory plan leaves it alone: the allocator's rounding, other programs. */
const SPARE = 0.05;
/** A smaller batch than this is not worth running. */
const LEAST_BATCH_TOKENS = 512;
const STEP_TOKENS = 256;

export function memoryVerdict(
  models: readonly ModelMemory[],
  freeBytes: number,
  maxBatchTokens: number,
): MemoryVerdict {
  const sum = (of: (model: ModelMemory) => number): number => models.reduce((total, model) => total + of(model), 0);
  const neededBytes = sum(({ weightsBytes, batchBytes }) => weightsBytes + batchBytes);
  const leftBytes = Math.floor(freeBytes * (1 - SPARE)) - neededBytes;
  const perToken = sum(({ bytesPerBatchToken }) => bytesPerBatchToken);
  const fitting = maxBatchTokens - Math.ceil(-leftBytes / perToken);
  const rounded = Math.floor(fitting / STEP_TOKENS) * STEP_TOKENS;
  const helps = leftBytes < 0 && rounded >= LEAST_BATCH_TOKENS;
  return { neededBytes, freeBytes, leftBytes, fittingBatchTokens: helps ? rounded : undefined };
}
