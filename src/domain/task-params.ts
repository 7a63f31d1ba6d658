import type { JsonValue } from "../util/json.ts";
import type { Dtype } from "./engine.ts";
import type { SearchParams } from "./search-params.ts";

/** Params go into fingerprints and files: nothing but JSON. */
type JsonObjectLike = Readonly<Record<string, JsonValue>>;

/** How responses are drawn. */
export interface GenerationParams extends JsonObjectLike {
  readonly variant: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly dtype: Dtype;
}

export interface ResponsesParams extends GenerationParams {
  /** `<set>/<trait>` */
  readonly dataset: string;
  readonly rollouts: number;
}

/** Which responses are kept: those that show the trait as their polarity asks for, in sound text. */
export interface VettingParams extends VettingThresholds {
  readonly dataset: string;
  readonly variant: string;
  readonly trait: string;
  readonly judge: JudgeParams;
}

export interface VettingThresholds extends JsonObjectLike {
  /** Least trait score of a positive response, 0 to 100. */
  readonly positive: number;
  /** Negative responses have less. */
  readonly negative: number;
  /** Least coherence of either. */
  readonly coherence: number;
  /** Fewest responses of each polarity that vectors are made of. */
  readonly minKept: number;
}

/** Which activations, by what they are of. */
export interface ActivationSet extends JsonObjectLike {
  /** `<set>/<trait>` */
  readonly dataset: string;
  readonly variant: string;
  /** As written by formatPosition, e.g. `response[:5]`. */
  readonly position: string;
  readonly component: "residual";
}

export interface ActivationsParams extends ActivationSet {
  readonly dtype: Dtype;
  /** Share of the scenarios that no vector is fitted on. */
  readonly heldOut: number;
}

/** Which vectors, by what they are of and how they are made. */
export interface VectorSet extends ActivationSet {
  readonly method: string;
}

export interface VectorsParams extends VectorSet {
  /** 0 for a method that draws nothing. */
  readonly seed: number;
}

/** Steering questions asked of the application, and the answers judged. */
export interface AskingParams extends JsonObjectLike {
  /** Whose questions and rubric. */
  readonly dataset: string;
  readonly trait: string;
  readonly application: string;
  /** The first so many of the dataset's. */
  readonly questions: number | "all";
  readonly maxNewTokens: number;
  readonly dtype: Dtype;
  readonly judge: JudgeParams;
}

export type BaselineParams = AskingParams;

export interface PromptedParams extends AskingParams {
  /** `<set>/<trait>`, of the same trait: whose positive system prompts. */
  readonly promptsOf: string;
}

/** Which judge, as identity: a local judge's weights are among the task's inputs as `judge_weights`. */
export type JudgeParams =
  | { readonly provider: "local"; readonly variant: string }
  | {
      readonly provider: "openai";
      readonly model: string;
      readonly baseUrl: string;
      /** Replies that a score is the mean of; 0: read from the first token's distribution. */
      readonly samples: number;
    };

export interface SteeringParams extends VectorSet, AskingParams {
  readonly dataset: string;
  readonly layers: readonly number[];
  readonly search: SearchParams;
  /** Share of the questions that the search does not look at. */
  readonly heldOut: number;
  /** Random unit directions tried at the best layer and coefficient; their mean Δ is the null. */
  readonly nullDirections: number;
  readonly nullSeed: number;
}

export interface RefineParams extends VectorSet, AskingParams {
  readonly dataset: string;
  /** `best`: the layer that the search found. */
  readonly layers: readonly number[] | "best";
  /** Coefficients tried at each layer. */
  readonly points: number;
  readonly minCoherence: number;
  readonly heldOut: number;
  /** Tried again where the grid finds a better coefficient than the search did. */
  readonly nullDirections: number;
  readonly nullSeed: number;
}

export interface SelectionParams extends JsonObjectLike {
  readonly trait: string;
  readonly source: string;
  readonly minCoherence: number;
  readonly heldOut: number;
}

export interface CombinationParams extends AskingParams {
  readonly strategy: string;
  /** The combiner that puts them together. */
  readonly vectors: string;
  readonly layer: LayerChoice;
  readonly coefficient: CoefficientChoice;
  /** In the spec's order. */
  readonly sources: readonly string[];
  readonly search: SearchParams;
  /** Scales of a finer grid after the search; 0: none. */
  readonly points: number;
  readonly heldOut: number;
}

export type LayerChoice =
  /** The best vector's own layer: of a source, or of whichever source has the larger Δ. */
  | { readonly kind: "best"; readonly source: string | null }
  /** Each vector at its own best layer. */
  | { readonly kind: "own" }
  | { readonly kind: "layer"; readonly layer: number };

export type CoefficientChoice =
  /** Searched as that of a single vector is. */
  | { readonly kind: "search" }
  /** The search starts at this share of each single vector's best. */
  | { readonly kind: "share"; readonly factor: number }
  | { readonly kind: "fixed"; readonly value: number };

export interface WeightsParams extends JsonObjectLike {
  readonly step: WeightsStep;
  readonly from: string;
  readonly to: string;
  /** Tokens each way; 0 where the step lists none. */
  readonly topK: number;
  /** Random directions to compare with; 0 where the step has none. */
  readonly nullDirections: number;
  readonly nullSeed: number;
}
export const WEIGHTS_STEPS = ["norms", "logit_lens", "trait_alignment"] as const;
export type WeightsStep = (typeof WEIGHTS_STEPS)[number];

export interface PromptsParams extends JsonObjectLike {
  readonly from: "steering_questions";
  readonly traits: readonly string[];
}

export interface CaptureParams extends GenerationParams {
  readonly raw: boolean;
}

export interface ReplayParams extends JsonObjectLike {
  readonly variant: string;
  readonly dtype: Dtype;
  /** The residual stream over the prompts is kept too, and all of it in fp32. */
  readonly raw: boolean;
}

export interface SimilarityParams extends JsonObjectLike {
  readonly captured: string;
  readonly replayed: string;
  /** Token positions that a smaller share of the prompts reaches are left out. */
  readonly minCoverage: number;
  /** Transfer curves take evaluations at least this coherent. */
  readonly minCoherence: number;
}

export interface CheckpointParams extends JsonObjectLike {
  readonly name: CheckpointName;
  /** Of all traits together. What is not expected is null. */
  readonly vectorSets: number | null;
  readonly layersEach: number | null;
  readonly coherence: number | null;
  readonly stopIf: "no_effect" | null;
}
export type CheckpointName = "after_extraction" | "after_steering";

export interface ResultsParams extends JsonObjectLike {
  readonly minCoherence: number;
  /** Share of the questions that nothing is selected on, and that results are reported on. 0: all for both. */
  readonly heldOut: number;
  /** Of the intervals, e.g. 0.95. */
  readonly confidence: number;
  /** Results are reported at each of these. */
  readonly coherence: readonly number[];
}
