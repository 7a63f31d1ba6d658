import type { ProviderFacts } from "../../domain/machine.ts";
import { chooseProvider } from "../provider.ts";
import { inspectCudaLibrary } from "./cuda-library.ts";
import { onnxRuntime } from "./installed.ts";
import { nvidiaDriver } from "./nvidia.ts";
import { tryProvider } from "./trial.ts";

/** What models can run on here. Tries every provider whose library is there; takes seconds. */
export async function examineProviders(): Promise<ProviderFacts> {
  const runtime = onnxRuntime();
  const cuda = inspectCudaLibrary(runtime, process.env);
  const tried = cuda.status === "absent" ? (["cpu", "webgpu"] as const) : (["cpu", "cuda", "webgpu"] as const);
  return {
    runtime,
    trials: await Promise.all(tried.map(tryProvider)),
    auto: chooseProvider("auto", "auto").provider,
    nvidia: nvidiaDriver(),
    cuda,
  };
}
