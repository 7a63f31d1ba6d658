import { tryProvider } from "../../src/engine/providers/trial.ts";

export type GpuProvider = "cuda" | "webgpu";

/**
 * Whether this machine has a GPU that a provider can use, or a program in its place (.ci/lavapipe.sh). With
 * GPU_TESTS=webgpu or GPU_TESTS=cuda it has to have one: then its tests fail where they would be skipped.
 */
export async function hasGpu(provider: GpuProvider): Promise<boolean> {
  return process.env["GPU_TESTS"] === provider || (await tryProvider(provider)).works;
}
