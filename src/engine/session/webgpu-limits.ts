import { EngineFailure } from "../../domain/engine.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";

/**
 * What of a checkpoint can be run on WebGPU, whose PagedAttention has no softcap. It has windows, but was seen to compute
 * them wrongly (docs/decisions/engine-webgpu.md): rows end where the first window would be felt. Throws EngineFailure.
 */
export function forWebGpu(weightsDir: string, checkpoint: Checkpoint): Checkpoint {
  const { shape } = checkpoint;
  if (shape.attentionSoftcap !== undefined) {
    throw new EngineFailure(
      "unsupported-model",
      `${weightsDir}: ONNX Runtime has no softcapped attention on WebGPU.`,
      "Run the model on another provider: set engine.provider to cpu, cuda or auto.",
    );
  }
  const windows = shape.windows.filter((window) => window !== undefined);
  const maxPositions = Math.min(shape.maxPositions, ...windows);
  return { ...checkpoint, shape: { ...shape, maxPositions, windows: shape.windows.map(() => undefined) } };
}
