import type { CombinationRow, Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import { combinationCells } from "../results-view.ts";
import { formatDelta, formatInterval, formatScore, intervalTitle, plural } from "../units.ts";
import { doneTasks, missingWords, readJson, type Made } from "./made.ts";
import type { Answer, Section, Table } from "./view.ts";
import { columns, effectWords, fixed, setName } from "./words.ts";

/** A source's selection, as far as it is read here. */
interface Selection {
  readonly trait: string;
  readonly source: string;
  readonly best?: {
    readonly dataset: string;
    readonly variant: string;
    readonly position: string;
    readonly method: string;
  };
}

export function combinationsSection(made: Made, results: Results | undefined): Section {
  const selections = doneTasks(made, "selection").map(
    (task) => readJson(made, task, `${task.params.source}.json`) as Selection,
  );
  const combinations = results?.combinations ?? [];
  const traits = [...new Set(combinations.map(({ trait }) => trait))];
  return {
    id: "combinations",
    title: "Combinations",
    missing: missingWords(made, "combinations"),
    answers: traits.map((trait) => answerOf(trait, combinations)),
    tables: results === undefined || traits.length === 0 ? [] : [tableOf(results, selections)],
    pictures: [],
    notes:
      traits.length === 0
        ? []
        : [
            "Beyond the best single vector: trait score less that of the trait's best single vector, question by question.",
          ],
  };
}

/** Whether a strategy is beyond the best single vector: its whole interval is above zero. */
export function isBeyond({ beyond_best_single: beyond }: CombinationRow): boolean {
  return beyond?.interval !== undefined && beyond.interval !== null && beyond.interval[0] > 0;
}

function answerOf(trait: string, combinations: readonly CombinationRow[]): Answer {
  const compared = combinations.filter((one) => one.trait === trait && one.beyond_best_single !== undefined);
  const words = ({ strategy, beyond_best_single: beyond }: CombinationRow): string =>
    `${strategy} ${beyond === undefined ? "–" : effectWords(beyond)}`;
  const beyond = compared.filter(isBeyond);
  const question = `Do combinations steer ${trait} beyond the best single vector?`;
  if (compared.length === 0) return { question, answer: "Not known: none has coherent answers to compare." };
  const all = compared.map(words).join("; ");
  if (beyond.length > 0)
    return { question, answer: `Yes, ${beyond.length} of ${compared.length}: ${beyond.map(words).join("; ")}.` };
  return {
    question,
    answer: `No: the interval of none of ${plural(compared.length, "strategy").replace("strategys", "strategies")} lies above zero. ${all}.`,
  };
}

function tableOf(results: Results, selections: readonly Selection[]): Table {
  const interval = intervalTitle(results.confidence);
  return {
    caption: "Combinations beside the best vector of each source",
    columns: columns(
      ["trait", "steered with", "layer × coefficient"],
      ["Δ", interval, "coherence", "n", "beyond best single", interval],
    ),
    rows: [
      ...selections.flatMap(({ trait, source, best }) => {
        const row = results.rows.find(
          (one) =>
            one.dataset === best?.dataset &&
            one.variant === best.variant &&
            one.position === best.position &&
            one.method === best.method,
        );
        return row === undefined ? [] : [singleCells(trait, source, row)];
      }),
      ...results.combinations.map(combinationCells),
    ],
  };
}

function singleCells(trait: string, source: string, row: ResultsRow): string[] {
  const { best } = row;
  return [
    trait,
    `best single of ${source}: ${setName(row)}`,
    best === undefined ? "none" : `${best.layer} × ${fixed(best.coefficient)}`,
    formatDelta(best?.trait_delta),
    formatInterval(best?.interval),
    formatScore(best?.coherence_mean),
    String(best?.n ?? 0),
    "–",
    "–",
  ];
}
