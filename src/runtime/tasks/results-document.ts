import type { Interval } from "../../math/statistics.ts";
import type { Summary } from "../effect.ts";
import type { ContestantPair } from "./results-combinations.ts";
import type { PositionComparison } from "../positions.ts";

/** Every steering search's best, side by side, and beside what it has to beat. */
export interface Results {
  readonly format_version: 3;
  readonly experiment: string;
  /** The variant that is steered. */
  readonly application: string;
  readonly min_coherence: number;
  /** Share of the questions that chose nothing, and that all numbers are of. */
  readonly held_out: number;
  readonly confidence: number;
  /** Replies of the judge that a score is the mean of; 0: read from the first token's distribution. */
  readonly judge_samples: number;
  readonly rows: readonly ResultsRow[];
  /** System prompts instead of vectors, a row a dataset. */
  readonly prompting: readonly PromptingRow[];
  readonly combinations: readonly CombinationRow[];
  /** The combinations, and the sources' best vectors alone, with each other. */
  readonly combination_pairs: readonly ContestantPair[];
  /** Whether the position matters: every two positions of one dataset, variant and method. */
  readonly positions: readonly PositionComparison[];
}

export interface ResultsRow {
  readonly dataset: string;
  readonly trait: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  /** How many chose, and how many the numbers are of. */
  readonly questions: { readonly selecting: number; readonly reporting: number };
  /** Unsteered. */
  readonly baseline: Summary;
  /** Absent when no evaluation stayed coherent. */
  readonly best?: Found;
  /** The best at each least coherence that the spec asks for. */
  readonly at: readonly { readonly coherence: number; readonly best?: Found }[];
  /** At the best layer, for each of these coherences: where it is lost. Absent without a best. */
  readonly drops?: readonly CoherenceDrop[];
  /** Random unit directions at the best layer and coefficient; absent when none were tried. */
  readonly random?: RandomDirections;
  /** The best's trait score less that of the best system prompt, question by question. */
  readonly beyond_prompting?: Difference;
}

/** The best of a trait's positive system prompts: chosen and reported as vectors are, on unsteered answers. */
export interface PromptingRow {
  readonly dataset: string;
  readonly trait: string;
  /** How many were tried. */
  readonly prompts: number;
  /** Absent when the answers to none are coherent. */
  readonly best?: Reported & { readonly system_prompt: string };
}

/** One strategy of combining the best vectors. In `best` and `at`, the coefficient is the scale of all. */
export interface CombinationRow {
  readonly trait: string;
  readonly strategy: string;
  /** With their coefficients at the best scale. */
  readonly hooks: readonly { readonly layer: number; readonly coefficient: number }[];
  readonly best?: Found;
  readonly at: ResultsRow["at"];
  /** Its trait score less that of the trait's best single vector, question by question. */
  readonly beyond_best_single?: Difference;
}

export interface Difference {
  readonly trait_delta: number;
  readonly interval: Interval | null;
}

/** Answers to the reporting questions. Δ is the trait score less the unsteered one. */
export interface Reported extends Summary {
  readonly trait_delta: number | null;
  readonly interval: Interval | null;
  /** Δ on the questions that chose it: too high, by being the highest. */
  readonly selected_delta: number | null;
}

/** A layer and coefficient, and what it does. */
export interface Found extends Reported {
  readonly layer: number;
  readonly coefficient: number;
}

export interface CoherenceDrop {
  readonly coherence: number;
  /** The smallest coefficient tried whose answers are less coherent; null when none is. */
  readonly coefficient: number | null;
}

export interface RandomDirections {
  readonly directions: number;
  readonly trait_delta_mean: number | null;
  /** Of the mean over the directions. */
  readonly interval: Interval | null;
  readonly trait_delta_max: number | null;
  readonly coherence_mean: number | null;
  /** Answers with a trait score. */
  readonly n: number;
  readonly missing: Summary["missing"];
}
