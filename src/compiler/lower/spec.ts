import type { EngineOptions } from "../../domain/experiment.ts";
import type { Price } from "../../domain/price.ts";
import type { SearchParams } from "../../domain/search-params.ts";
import type { VettingThresholds, WeightsStep } from "../../domain/task-params.ts";
import type { Place } from "../../diagnostics/source-file.ts";

/**
 * A spec as the passes after validation see it: typed, every default filled in, every value with its place. What the
 * schema refused is absent (undefined), so that the other passes can go on and report what they find; the names of
 * broken declarations are kept, so that their uses are not reported too.
 */
export interface Spec {
  readonly place: Place;
  readonly name: Located<string> | undefined;
  readonly variants: Declarations<VariantSpec> | undefined;
  readonly application: Located<string> | undefined;
  /** An application is written, valid or not. */
  readonly applicationWritten: boolean;
  readonly engine: EngineOptions;
  /** Of the values, or of the spec where they are left out. */
  readonly enginePlaces: Readonly<Record<"provider" | "dtype" | "devices" | "workers", Place>>;
  readonly judge: JudgeSpec | undefined;
  /** A judge is written, valid or not. */
  readonly judgeWritten: boolean;
  readonly traits: Declarations<TraitSpec> | undefined;
  readonly sources: Declarations<SourceSpec> | undefined;
  readonly extraction: ExtractionSpec | undefined;
  readonly steering: SteeringSpec | undefined;
  readonly combinations: CombinationsSpec | undefined;
  readonly weightAnalysis: WeightAnalysisSpec | undefined;
  readonly similarity: SimilaritySpec | undefined;
  readonly checkpoints: CheckpointsSpec | undefined;
}

export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}

/** A map of the user's own names. */
export type Declarations<T> = ReadonlyMap<string, Declared<T>>;
export interface Declared<T> {
  /** Of the name. */
  readonly place: Place;
  /** Undefined when what is declared is broken. */
  readonly value: T | undefined;
}

export interface VariantSpec {
  readonly model: Located<string>;
}

/** Dataset by source. */
export type TraitSpec = ReadonlyMap<string, TraitDataset>;
export interface TraitDataset {
  readonly sourcePlace: Place;
  readonly ref: Located<string>;
}

export interface SourceSpec {
  readonly variant: Located<string>;
  readonly generate: GenerateSpec;
}

export interface GenerateSpec {
  /** Of the `generate` key, or of the source where there is none. */
  readonly place: Place;
  /** Undefined: inferred from the positions that read the responses. */
  readonly maxNewTokens: Located<number> | undefined;
  readonly rollouts: Located<number>;
  readonly temperature: Located<number>;
  readonly topP: number;
  readonly seed: number;
}

export interface ExtractionSpec {
  /** Of the matrix's key. */
  readonly place: Place;
  readonly methods: readonly Located<string>[];
  readonly traits: readonly Located<string>[];
  readonly include: readonly IncludeSpec[];
  readonly exclude: readonly FilterSpec[];
  readonly heldOut: number;
  readonly seed: number;
  /** Undefined: every response is taken. */
  readonly vetting: VettingSpec | undefined;
}

export interface VettingSpec {
  /** Of the key. */
  readonly place: Place;
  readonly thresholds: VettingThresholds;
}

export interface IncludeSpec {
  readonly source: Located<string>;
  readonly positions: readonly Located<string>[];
}

/** What is absent matches everything. */
export interface FilterSpec {
  readonly place: Place;
  readonly trait: readonly Located<string>[] | undefined;
  readonly source: readonly Located<string>[] | undefined;
  readonly position: readonly Located<string>[] | undefined;
  readonly method: readonly Located<string>[] | undefined;
}

export interface SteeringSpec {
  /** Of the key. */
  readonly place: Place;
  readonly vectors: FilterSpec | "all";
  readonly layers: Located<string | number | readonly number[]> | undefined;
  /** The first so many of each dataset's. */
  readonly questions: number | "all";
  /** Of the number of questions; of the section where it is left out. */
  readonly questionsPlace: Place;
  readonly maxNewTokens: Located<number> | undefined;
  readonly search: SearchParams;
  readonly refine: RefineSpec | undefined;
  readonly report: ReportSpec;
  readonly nullDirections: number;
  readonly nullSeed: number;
}

export interface RefineSpec {
  /** Of the key. */
  readonly place: Place;
  /** Undefined: the layer that the search finds. */
  readonly layers: Located<string | number | readonly number[]> | undefined;
  readonly points: number;
}

export interface ReportSpec {
  readonly heldOut: Located<number>;
  readonly confidence: number;
  readonly coherence: readonly number[];
}

export type JudgeSpec =
  | { readonly provider: "local"; readonly variant: Located<string> }
  | {
      readonly provider: "openai";
      readonly model: string;
      readonly baseUrl: string;
      readonly apiKeyEnv: string | undefined;
      readonly maxConcurrency: number;
      readonly samples: number;
      readonly budget: BudgetSpec;
      readonly price: Price | undefined;
    };

export interface BudgetSpec {
  readonly calls: Located<number> | undefined;
  readonly usd: Located<number> | undefined;
}

export interface CombinationsSpec {
  /** Of the key. */
  readonly place: Place;
  readonly sources: readonly Located<string>[];
  readonly strategies: readonly StrategySpec[];
}

export interface StrategySpec {
  readonly name: Located<string>;
  readonly vectors: string;
  readonly layer: Located<string | number>;
  readonly coefficient: Located<string | number>;
}

export interface WeightAnalysisSpec {
  /** Of the key. */
  readonly place: Place;
  readonly compare: readonly Located<string>[];
  readonly steps: readonly WeightsStep[];
  readonly topK: number;
  readonly nullDirections: Located<number>;
  readonly nullSeed: number;
}

export interface SimilaritySpec {
  /** Of the key. */
  readonly place: Place;
  /** Undefined: the matrix's. */
  readonly traits: readonly Located<string>[] | undefined;
  readonly variant: Located<string> | undefined;
  readonly maxNewTokens: Located<number> | undefined;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly replay: readonly Located<string>[];
  readonly minCoverage: number;
  /** Of prompts too, in full. */
  readonly raw: boolean;
}

export interface CheckpointsSpec {
  readonly extraction: ExtractionCheckpointSpec | undefined;
  readonly steering: SteeringCheckpointSpec | undefined;
}

export interface ExtractionCheckpointSpec {
  /** Of the key. */
  readonly place: Place;
  readonly vectorSets: Located<number> | undefined;
  readonly layersEach: Located<number> | undefined;
}

export interface SteeringCheckpointSpec {
  /** Of the key. */
  readonly place: Place;
  readonly coherence: number | undefined;
  readonly stopIf: "no_effect" | undefined;
}
