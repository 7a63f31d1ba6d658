import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { OnnxRuntime } from "../../domain/machine.ts";

/** ONNX Runtime as npm installed it, without loading it. */
export function onnxRuntime(): OnnxRuntime {
  const manifest = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  const folder = join(dirname(manifest), "bin", "napi-v6", process.platform, process.arch);
  return { version, folder };
}

export const CUDA_PROVIDER = "libonnxruntime_providers_cuda.so";

/** CUDA's library is beside ONNX Runtime's own. (Whether it loads is another matter: it needs CUDA's own libraries.) */
export function hasCudaProvider(): boolean {
  return existsSync(join(onnxRuntime().folder, CUDA_PROVIDER));
}
