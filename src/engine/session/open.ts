import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { EngineFailure } from "../../domain/engine.ts";
import { blockTokensOf, cacheTensorBytes } from "../attention/paged.ts";
import { gpuMemory } from "../gpu-memory.ts";
import { readCheckpoint, type Checkpoint } from "../weights/checkpoint.ts";
import type { Decoder } from "./decoder.ts";
import { isOutOfMemory } from "./failures.ts";
import { planMemory } from "./memory-plan.ts";
import { gpuRequest, weightsBytes } from "./model-memory.ts";
import { PaddedDecoder } from "./padded-decoder.ts";
import { PagedDecoder } from "./paged-decoder.ts";
import { forWebGpu } from "./webgpu-limits.ts";
import type { WorkerOptions } from "./protocol.ts";

/** Loads a checkpoint for a provider; `notice` is told how memory is shared out before. Rejects with EngineFailure. */
export async function openDecoder(
  options: WorkerOptions,
  notice: (message: string) => void = () => {},
): Promise<Decoder> {
  const { weightsDir, provider, type } = options;
  if (provider === "cpu") return PaddedDecoder.open(weightsDir, options.threads);
  const read = readCheckpoint(weightsDir);
  const checkpoint = provider === "webgpu" ? forWebGpu(weightsDir, read) : read;
  const blockTokens = blockTokensOf(checkpoint.shape.headDim);
  let blocks = plannedBlocks(checkpoint, options);
  const folder = mkdtempSync(join(tmpdir(), "steerform-cache-"));
  const zerosPath = join(folder, "zeros");
  try {
    while (true) {
      // Takes no room on the disk: a file of nothing but a size.
      writeFileSync(zerosPath, "");
      const cacheTokens = blocks * blockTokens;
      notice(
        `${weightsDir} on ${provider} in ${type}: ${gigabytes(weightsBytes(checkpoint, type))} of weights, a cache of ` +
          `${cacheTokens} tokens (${gigabytes(2 * checkpoint.shape.layers * cacheTensorBytes(checkpoint.shape, blocks, blockTokens))}).`,
      );
      truncateSync(zerosPath, cacheTensorBytes(checkpoint.shape, blocks, blockTokens));
      try {
        return await PagedDecoder.open(checkpoint, provider, type, { blocks, blockTokens, zerosPath });
      } catch (error) {
        if (!isOutOfMemory(error) || blocks === 1) throw error;
        blocks = Math.max(1, Math.floor(blocks / 2));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plannedBlocks(checkpoint: Checkpoint, { weightsDir, type, maxBatchTokens }: WorkerOptions): number {
  const knownBytes = gpuMemory()?.freeBytes;
  // GPUs that are not NVIDIA's do not tell; most of them share the machine's memory.
  const freeBytes = knownBytes ?? totalmem() / 2;
  const request = gpuRequest(checkpoint, type, maxBatchTokens, freeBytes);
  const plan = planMemory(request);
  if (plan.fits) return plan.blocks;
  // What is not known refuses nothing: the device will.
  if (knownBytes === undefined) return Math.ceil(request.minTokens / request.blockTokens);
  throw new EngineFailure(
    "runtime",
    `${weightsDir} needs ${gigabytes(plan.neededBytes)} of the GPU's memory (weights ${gigabytes(request.weightsBytes)}), ` +
      `and ${gigabytes(freeBytes)} are free.`,
    "Free the GPU's memory, lower engine.max_batch_tokens, or run on the CPU (engine.provider: cpu).",
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
