import type { Task } from "../../domain/task.ts";
import type { Summary } from "../effect.ts";
import { outputPath } from "../tasks/context.ts";
import type { Difference, RandomDirections, Results, ResultsRow } from "../tasks/results-document.ts";
import type { ExportSource } from "./types.ts";

/** Flat tables of what was found, for pandas, R or a spreadsheet: the same columns in every row. */

export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

export interface Table {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Those that there is something for. Throws RuntimeFailure `artifact-damaged`. */
export function tablesOf(source: ExportSource): Table[] {
  const results = source.tasks.flatMap(({ task }) => (task.kind === "results" ? [resultsTable(task, source)] : []));
  const evaluations = source.tasks.flatMap(({ task }) => evaluationRows(task, source));
  return evaluations.length === 0 ? results : [...results, { name: "evaluations", rows: evaluations }];
}

function resultsTable(task: Task, source: ExportSource): Table {
  const [path = ""] = task.outputs;
  const { rows } = JSON.parse(textOf(path, source)) as Results;
  return { name: "results", rows: rows.map(resultsRow) };
}

/** A vector set's best, on the questions that did not choose it, and what it has to beat. */
function resultsRow({ dataset, trait, variant, position, method, questions, baseline, ...row }: ResultsRow): Row {
  const { best, at, drops, random, beyond_prompting: beyond } = row;
  const thresholds = at.flatMap(({ coherence, best: found }): [string, Cell][] => [
    [`trait_delta_at_${coherence}`, found?.trait_delta ?? null],
    [`layer_at_${coherence}`, found?.layer ?? null],
    [`coefficient_at_${coherence}`, found?.coefficient ?? null],
    [`coherence_lost_${coherence}`, drops?.find((drop) => drop.coherence === coherence)?.coefficient ?? null],
  ]);
  return {
    dataset,
    trait,
    variant,
    position,
    method,
    n_selecting: questions.selecting,
    n_reporting: questions.reporting,
    baseline_trait_mean: baseline.trait_mean,
    baseline_coherence_mean: baseline.coherence_mean,
    layer: best?.layer ?? null,
    coefficient: best?.coefficient ?? null,
    ...summaryCells(best),
    trait_delta: best?.trait_delta ?? null,
    ...intervalCells("trait_delta", best?.interval),
    selected_trait_delta: best?.selected_delta ?? null,
    ...Object.fromEntries(thresholds),
    ...randomCells(random),
    ...differenceCells("beyond_prompting", beyond),
  };
}

function summaryCells(summary: Summary | undefined): Row {
  return {
    trait_mean: summary?.trait_mean ?? null,
    coherence_mean: summary?.coherence_mean ?? null,
    n: summary?.n ?? null,
    missing_trait: summary?.missing.trait ?? null,
    missing_coherence: summary?.missing.coherence ?? null,
  };
}

function randomCells(random: RandomDirections | undefined): Row {
  return {
    random_directions: random?.directions ?? null,
    random_trait_delta_mean: random?.trait_delta_mean ?? null,
    ...intervalCells("random_trait_delta", random?.interval),
    random_trait_delta_max: random?.trait_delta_max ?? null,
  };
}

function differenceCells(name: string, difference: Difference | undefined): Row {
  return { [name]: difference?.trait_delta ?? null, ...intervalCells(name, difference?.interval) };
}

function intervalCells(name: string, interval: readonly [number, number] | null | undefined): Row {
  return { [`${name}_low`]: interval?.[0] ?? null, [`${name}_high`]: interval?.[1] ?? null };
}

interface EvaluationLine {
  readonly result: Summary;
  readonly config?: {
    readonly vectors: readonly { readonly layer: number; readonly method: string; readonly weight: number }[];
  };
}

/** Every layer and coefficient that was tried, over all questions; `method` is random_0 … for random directions. */
function evaluationRows(task: Task, source: ExportSource): Row[] {
  if (task.kind !== "steering" && task.kind !== "refine") return [];
  const { dataset, variant, position, method: set } = task.params;
  const { trait } = task.params;
  const path = outputPath(task, task.kind === "steering" ? "results.jsonl" : "refined.jsonl");
  return textOf(path, source)
    .trimEnd()
    .split("\n")
    .flatMap((line): Row[] => {
      const { result, config } = JSON.parse(line) as EvaluationLine;
      const [vector] = config?.vectors ?? [];
      if (vector === undefined) return [];
      const { layer, method, weight: coefficient } = vector;
      const where = { dataset, trait, variant, position, vector_method: set, found_by: task.kind };
      return [{ ...where, method, layer, coefficient, ...summaryCells(result) }];
    });
}

function textOf(path: string, { readFile }: ExportSource): string {
  return Buffer.from(readFile(path)).toString();
}
