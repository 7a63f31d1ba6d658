import type { JudgeWords } from "../../domain/experiment.ts";

/** One answer to be judged, and by which rubric. */
export interface JudgeItem {
  readonly trait: string;
  /** The rubric, word for word. */
  readonly definition: string;
  readonly question: string;
  readonly answer: string;
}

/** 0–100 each; null when the judge gave no usable score, which is counted and never taken for a number. */
export interface Scores {
  readonly trait: number | null;
  readonly coherence: number | null;
}

/** One interface for a local model and for a server. Results in the items' order. */
export interface Judge {
  score(items: readonly JudgeItem[], onProgress?: (done: number, total: number) => void): Promise<Scores[]>;
  /** Answers of a server that were paid for in this experiment; undefined for a judge that costs nothing. */
  paid(): number | undefined;
}

/** What a judge is asked for one score. */
export interface JudgeQuestion {
  readonly prompt: string;
  /** What a local judge chooses between; left out: it is asked for a number. */
  readonly words?: JudgeWords | undefined;
}

/** Answers judge prompts: the probability of each whole number 0–100 as the reply; of 0 and 100 alone where they are words. */
export interface NumberOracle {
  /** [question] → 101 probabilities (not normalised; the rest of the mass is on other tokens). */
  ask(
    questions: readonly JudgeQuestion[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<(Float32Array | null)[]>;
  /** Answers that were paid for so far, in earlier runs too; left out where nothing is paid. */
  readonly paid?: () => number;
}
