import type {
  Captured,
  CaptureRow,
  FloatType,
  Generated,
  GenerateRow,
  Progress,
  Provider,
} from "../../domain/engine.ts";
import type { ThreadFailure } from "../thread-failure.ts";

/** What the session's thread is started with. */
export interface WorkerOptions {
  readonly weightsDir: string;
  readonly provider: Provider;
  readonly type: FloatType;
  readonly maxBatchTokens: number;
  readonly threads?: number | undefined;
}

export type Call =
  | { readonly kind: "generate"; readonly rows: readonly GenerateRow[]; readonly vectors: readonly Float32Array[] }
  | { readonly kind: "capture"; readonly rows: readonly CaptureRow[] }
  | {
      readonly kind: "score";
      readonly prompts: readonly (readonly number[])[];
      readonly tokenIds: readonly number[];
    };

export interface Answers {
  readonly generate: Generated[];
  readonly capture: Captured[];
  readonly score: Float32Array[];
}

export type Request = { readonly id: number; readonly call: Call } | { readonly close: true };

export interface OpenedModel {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
}

export type Response =
  | { readonly notice: string }
  | { readonly opened: OpenedModel }
  | { readonly openFailed: ThreadFailure }
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly failed: ThreadFailure };

/** Called after every forward pass. */
export type Report = (progress: Progress) => void;
