import { EngineFailure } from "../../domain/engine.ts";

export function notFinite(what: string): EngineFailure {
  return new EngineFailure(
    "not-finite",
    `${what} came out as NaN or infinity.`,
    "The weights may be damaged (NaN inside), or a steering coefficient is far too large. In float16 (engine.dtype), numbers end at 65504.",
  );
}

export function promptTooLong(row: number, needed: string, maxPositions: number): EngineFailure {
  return new EngineFailure(
    "prompt-too-long",
    `Row ${row} needs ${needed}, but the model has ${maxPositions} positions.`,
    "Shorten the prompt or lower max_new_tokens.",
  );
}

export function emptyPrompt(row: number): EngineFailure {
  return new EngineFailure(
    "runtime",
    `Row ${row} has no tokens.`,
    "Give the prompt some text: this tokenizer adds no start token of its own.",
  );
}

/** CUDA's and ONNX Runtime's words for it. On WebGPU, memory that was not there is missed only where it is used. */
const NO_MEMORY =
  /out of memory|Failed to allocate memory|CUDA failure 2:|\[Invalid Buffer|Failed to download data from buffer/i;

class OutOfMemory extends EngineFailure {}

export function isOutOfMemory(error: unknown): error is EngineFailure {
  return error instanceof OutOfMemory;
}

/** ONNX Runtime threw. */
export function runtimeFailure(what: string, error: unknown): EngineFailure {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.includes("Failed to get a WebGPU adapter")) {
    return new EngineFailure(
      "provider-missing",
      "No GPU of this machine can be used through WebGPU.",
      "Install the GPU's driver (on Linux, with Vulkan), or set the engine's provider to cpu or auto.",
    );
  }
  if (NO_MEMORY.test(reason)) {
    return new OutOfMemory(
      "runtime",
      `ONNX Runtime ${what}: there was too little memory.`,
      "Free the device's memory, lower engine.max_batch_tokens, or run on the CPU (engine.provider: cpu).",
    );
  }
  const hint = "If memory ran out, lower engine.max_batch_tokens.";
  return new EngineFailure("runtime", `ONNX Runtime ${what}: ${reason}`, hint);
}

export function cacheTooSmall(row: number, tokens: number, cacheTokens: number): EngineFailure {
  return new EngineFailure(
    "prompt-too-long",
    `Row ${row} needs ${tokens} tokens of cache, but the device has memory for ${cacheTokens}.`,
    "Shorten the prompt, lower max_new_tokens, or free the device's memory.",
  );
}
