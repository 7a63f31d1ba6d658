import { DTYPES_OF, EngineFailure, type Dtype, type FloatType, type Provider } from "../domain/engine.ts";
import { gpuMemory } from "./gpu-memory.ts";
import { hasCudaProvider } from "./providers/installed.ts";

/** Where a model runs, and what it computes in there. */
export interface Placement {
  readonly provider: Provider;
  readonly type: FloatType;
}

/**
 * `auto` is CUDA where ONNX Runtime has its library and a driver answers, else the CPU. Throws EngineFailure
 * `provider-missing` for what a provider does not compute in.
 */
export function chooseProvider(asked: Provider | "auto", dtype: Dtype): Placement {
  const provider = asked === "auto" ? best() : asked;
  if (provider === "cuda" && !hasCudaProvider()) {
    throw new EngineFailure(
      "provider-missing",
      "ONNX Runtime's CUDA library is not installed beside onnxruntime-node.",
      "Run `steerform doctor` to see what is missing, or set the engine's provider to cpu or auto.",
    );
  }
  const types = DTYPES_OF[provider];
  const type = dtype === "auto" ? types[0]! : dtype;
  if (types.includes(type)) return { provider, type };
  throw new EngineFailure(
    "provider-missing",
    `The provider ${provider} computes in ${types.join(" or ")}, and ${type} was asked for.`,
    `Set the engine's dtype to ${types.join(", ")} or auto.`,
  );
}

function best(): Provider {
  return hasCudaProvider() && gpuMemory() !== undefined ? "cuda" : "cpu";
}
