import type { AskingParams, VectorSet } from "../../domain/task-params.ts";
import { summarise, type ScoredEvaluation } from "../effect.ts";
import type { Scores } from "../judge/types.ts";
import type { Answer } from "./answers.ts";
import { storedAnswer, type Baseline, type StoredAnswer } from "./baseline.ts";
import { datasetOf, type TaskContext } from "./context.ts";

/** The files of a steering search and of its finer grid. */

/** What a search found: the numbers are the results task's to make. */
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

/** The answers of one layer and coefficient, by question. */
export interface Evaluated extends ScoredEvaluation {
  readonly scores: readonly Answer[];
}

export interface StoredEvaluation extends ScoredEvaluation {
  /** `random_0` … of random directions. */
  readonly method: string;
}

/** What an answer in a file was steered by. */
interface StoredConfiguration {
  /** Counts the evaluations of the file. */
  readonly evaluation: number;
  readonly layer: number;
  readonly method: string;
  readonly weight: number;
}

/**
 * The study's results format, a JSON object a line: header, baseline, evaluations; and every answer. No time of day, so
 * that a rerun gives the same bytes.
 */
export function steeringLines(
  params: VectorSet & AskingParams,
  baseline: Baseline,
  evaluated: readonly Evaluated[],
  random: readonly Evaluated[],
  context: TaskContext,
): { readonly results: string; readonly responses: string } {
  const { dataset, variant, component, position, method, judge, maxNewTokens } = params;
  const { questions } = datasetOf(context.experiment, params.dataset);
  const all = [
    ...evaluated.map((one) => ({ ...one, name: method })),
    ...random.map((one, index) => ({ ...one, name: `random_${index}` })),
  ];
  const results = [
    {
      type: "header",
      trait: params.trait,
      application: params.application,
      vector_source: { dataset, variant, position, component, method },
      eval: { judge, questions: baseline.responses.length, max_new_tokens: maxNewTokens },
    },
    { type: "baseline", result: baseline.result },
    ...all.map(({ layer, coefficient, scores, name }) => ({
      result: summarise(scores),
      config: { vectors: [{ layer, component, position, method: name, weight: coefficient }] },
    })),
  ];
  const responses = all.flatMap(({ layer, coefficient, scores, name }, evaluation) =>
    scores.map((answer) => {
      const configuration: StoredConfiguration = { evaluation, layer, method: name, weight: coefficient };
      return { ...configuration, ...storedAnswer(answer, questions) };
    }),
  );
  return { results: jsonLines(results), responses: jsonLines(responses) };
}

/** Answers follow one another evaluation by evaluation, in the questions' order. */
export function readEvaluations(text: string): StoredEvaluation[] {
  const evaluations: { method: string; layer: number; coefficient: number; scores: Scores[] }[] = [];
  for (const row of text.trimEnd().split("\n")) {
    if (row === "") continue;
    const stored = JSON.parse(row) as StoredAnswer & StoredConfiguration;
    const { evaluation, layer, method, weight, trait, coherence } = stored;
    const known = (evaluations[evaluation] ??= { method, layer, coefficient: weight, scores: [] });
    known.scores.push({ trait, coherence });
  }
  return evaluations;
}

export function jsonLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
