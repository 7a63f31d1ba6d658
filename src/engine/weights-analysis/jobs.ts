import type { ThreadFailure } from "../thread-failure.ts";
import type { AlignmentJob, LayerAlignment } from "./alignment.ts";
import type { TensorChange } from "./change.ts";
import type { DirectionTokens, LensJob } from "./lens.ts";
import type { TensorPair } from "./pair.ts";

/** What threads are asked, by kind. */
export interface Jobs {
  readonly change: TensorPair;
  readonly lens: LensJob;
  readonly alignment: AlignmentJob;
}

/** What they answer. */
export interface Answers {
  readonly change: TensorChange;
  readonly lens: readonly (DirectionTokens | undefined)[];
  readonly alignment: LayerAlignment;
}

export type JobKind = keyof Jobs;
export type Request =
  | { readonly [K in JobKind]: { readonly kind: K; readonly job: Jobs[K] } }[JobKind]
  | { readonly close: true };
/** What a thread is started with: when the first number is not 0, the job that runs is to end soon. */
export interface ThreadOptions {
  /** That one product may take; 0: one a core. */
  readonly multiplyingThreads: number;
  readonly stopped: Int32Array<SharedArrayBuffer>;
}

export type Response = { readonly answer: Answers[JobKind] } | { readonly failed: ThreadFailure };
