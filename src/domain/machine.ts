import type { Provider } from "./engine.ts";

/** What a machine has for running models. Types only: the engine finds these facts out, the runtime judges them. */

export interface ProviderFacts {
  readonly runtime: OnnxRuntime;
  readonly trials: readonly ProviderTrial[];
  /** What `engine.provider: auto` is here. */
  readonly auto: Provider;
  readonly nvidia: NvidiaDriver;
  readonly cuda: CudaLibrary;
}

/** ONNX Runtime as npm installed it. */
export interface OnnxRuntime {
  readonly version: string;
  /** Where its libraries are for this platform. Absolute. */
  readonly folder: string;
}

/** A provider was asked to compute something, in a process of its own. */
export interface ProviderTrial {
  readonly provider: Provider;
  readonly works: boolean;
  /** Why it does not, in the words of whoever refused; empty when it works. */
  readonly reason: string;
}

/** What nvidia-smi says. */
export type NvidiaDriver =
  | { readonly status: "ok"; readonly version: string; readonly gpus: readonly Gpu[] }
  | { readonly status: "absent" }
  /** It is there, and says why it does not answer. */
  | { readonly status: "failed"; readonly message: string };

export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** CUDA_VISIBLE_DEVICES lets this process use it. */
  readonly visible: boolean;
}

/** libonnxruntime_providers_cuda.so, ONNX Runtime's CUDA provider. */
export interface CudaLibrary {
  /** Where it has to be. Absolute. */
  readonly path: string;
  readonly status: "absent" | "unreadable" | "present";
  /** ONNX Runtime's version that it was built for; undefined when it does not say. */
  readonly version: string | undefined;
  /** libonnxruntime_providers_shared.so, without which it is not loaded, is beside it. */
  readonly hasShared: boolean;
  /** The CUDA that it needs: 12, 13. */
  readonly cudaMajor: number | undefined;
  /** Libraries that it needs and the system's loader does not find. */
  readonly missing: readonly MissingLibrary[];
}

export interface MissingLibrary {
  /** E.g. "libcublas.so.13". */
  readonly name: string;
  /** A folder that has it and is none of the loader's. */
  readonly foundIn: string | undefined;
}

/** What a model needs of the memory of the device that it runs on. */
export interface ModelMemory {
  readonly parameters: number;
  /** In the type that it computes in. */
  readonly weightsBytes: number;
  /** What passes of `engine.max_batch_tokens` need besides, and the least cache. */
  readonly batchBytes: number;
  /** Of `batchBytes`, for each of these tokens. */
  readonly bytesPerBatchToken: number;
}
