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

/**
 * CUDA's and ONNX Runtime's words for it, in the message of a failure. On WebGPU memory that was not there shows where it
 * is used.
 */
export function isOutOfMemory(error: unknown): boolean {
  const words =
    /out of memory|Failed to allocate memory|CUDA failure 2:|\[Invalid Buffer|Failed to download data from buffer/i;
  return error instanceof EngineFailure && words.test(error.message);
}
