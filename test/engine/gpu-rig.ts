import type { GenerateRow } from "../../src/domain/engine.ts";
import { openDecoder } from "../../src/engine/session/open.ts";
import type { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import { PagedDecoder } from "../../src/engine/session/paged-decoder.ts";
import type { GpuProvider } from "../rig/gpu.ts";

/**
 * How far numbers of a GPU may be from those of fp32, relative to the largest: half precision is in WebGPU's attention even
 * where the rest is float32.
 */
export const BOUNDS = {
  bfloat16: { logits: 8e-2, means: 4e-2, norms: 1e-2 },
  float16: { logits: 2e-2, means: 8e-3, norms: 2e-3 },
  float32: { logits: 1e-2, means: 2e-3, norms: 5e-4 },
} as const;

/** Of WebGPU. */
export const TYPES = ["float16", "float32"] as const;

export async function onGpu(folder: string, provider: GpuProvider, type: keyof typeof BOUNDS): Promise<PagedDecoder> {
  const decoder = await openDecoder({ weightsDir: folder, provider, type, maxBatchTokens: 4096 });
  if (decoder instanceof PagedDecoder) return decoder;
  throw new Error("The decoder is another than a GPU's");
}

/**
 * How much less likely than its own choice the CPU finds any token of these greedy texts, given what stands before it:
 * the largest difference of two logits, relative to the largest logit. 0 for the CPU's own texts.
 */
export async function largestGap(
  cpu: PaddedDecoder,
  rows: readonly GenerateRow[],
  vectors: readonly Float32Array[],
  written: readonly { readonly ids: readonly number[] }[],
): Promise<number> {
  let gap = 0;
  for (const [index, { promptIds, steering, maxNewTokens }] of rows.entries()) {
    const { ids } = written[index]!;
    for (let at = 0; at < Math.min(ids.length + 1, maxNewTokens); at++) {
      const { logits, likeliest } = await cpu.forward({
        rows: [[...promptIds, ...ids.slice(0, at)]],
        past: [0],
        predict: [0],
        logitRows: [0],
        vectors,
        steering: [steering],
      });
      const stop = Math.max(...[...cpu.stopIds].map((id) => logits[id]!));
      const chosen = at < ids.length ? logits[ids[at]!]! : stop;
      const largest = logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
      gap = Math.max(gap, (logits[likeliest[0]!]! - chosen) / largest);
    }
  }
  return gap;
}
