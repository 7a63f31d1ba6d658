import { nvidiaDriver } from "./providers/nvidia.ts";

/** Memory of the NVIDIA GPU that CUDA calls its first, as the driver tells it; undefined without one. */
export function gpuMemory(): { readonly freeBytes: number; readonly totalBytes: number } | undefined {
  const driver = nvidiaDriver();
  return driver.status === "ok" ? driver.gpus.find(({ visible }) => visible) : undefined;
}

/** Uuids of the NVIDIA GPUs that this process may use; none without a driver. */
export function visibleGpus(): string[] {
  const driver = nvidiaDriver();
  return driver.status === "ok" ? driver.gpus.filter(({ visible }) => visible).map(({ uuid }) => uuid) : [];
}
