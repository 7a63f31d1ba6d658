import type { ScoredEvaluation } from "../effect.ts";
import type { Scores } from "../judge/types.ts";
import type { StoredAnswer } from "./baseline.ts";

/** The files of a steering search. */

/** What a steering search found: the numbers are the results task's to make. */
export interface SteeringBest {
  readonly format_version: 1;
  readonly dataset: string;
  readonly trait: string;
  readonly variant: string;
  readonly position: string;
  readonly method: string;
  /** Absent when no evaluation stayed coherent: there is no best vector then. */
  readonly best?: { readonly layer: number; readonly coefficient: number };
}

export interface StoredEvaluation extends ScoredEvaluation {
  readonly method: string;
}

/** Answers follow one another evaluation by evaluation, in the questions' order. */
export function readEvaluations(text: string): StoredEvaluation[] {
  const evaluations: { method: string; layer: number; coefficient: number; scores: Scores[] }[] = [];
  const rows = text.trimEnd().split("\n");
  for (const row of rows) {
    const { evaluation, layer, method, weight, trait, coherence } = JSON.parse(row) as StoredAnswer &
      StoredConfiguration;
    const known = (evaluations[evaluation] ??= { method, layer, coefficient: weight, scores: [] });
    known.scores.push({ trait, coherence });
  }
  return evaluations;
}

/** What an answer of responses.jsonl was steered by. */
export interface StoredConfiguration {
  /** Counts the evaluations of the file. */
  readonly evaluation: number;
  readonly layer: number;
  readonly method: string;
  readonly weight: number;
}

export function jsonLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
