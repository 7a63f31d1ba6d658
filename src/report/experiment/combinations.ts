import type { CombinationRow, Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import type { ContestantPair } from "../../runtime/tasks/results-combinations.ts";
import { formatEffect, formatScore, intervalTitle } from "../units.ts";
import { doneTasks, missingWords, readJson, type Made } from "./made.ts";
import { rowOf } from "./steering-overview.ts";
import type { Answer, Intervals, Pictures, Section, Table } from "./view.ts";
import { columns, fixed, semicolons, setName } from "./words.ts";

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

/** The best vector of a source, as steering found it. */
interface Single {
  readonly trait: string;
  /** As pairs name it. */
  readonly name: string;
  readonly row: ResultsRow;
}

export function combinationsSection(made: Made, results: Results | undefined): Section {
  const singles = results === undefined ? [] : singlesOf(made, results);
  const combinations = results?.combinations ?? [];
  const pairs = results?.combination_pairs ?? [];
  const traits = [...new Set(combinations.map(({ trait }) => trait))];
  return {
    id: "combinations",
    title: "Combinations",
    missing: missingWords(made, "combinations"),
    answers: traits.flatMap((trait) => [beyondAnswer(trait, combinations), ...pairsAnswer(trait, pairs)]),
    tables:
      results === undefined || traits.length === 0
        ? []
        : [tableOf(results, singles), ...(pairs.length === 0 ? [] : [pairsTable(results)])],
    pictures: results === undefined ? [] : picturesOf(traits.map((trait) => figureOf(trait, results, singles))),
    notes:
      traits.length === 0
        ? []
        : [
            "Beyond the best single vector: trait score less that of the trait's best single vector, question by question.",
            "best(source): the source's best vector alone. Two differ when the interval of their difference leaves out zero; intervals are not adjusted for how many pairs there are.",
          ],
  };
}

function singlesOf(made: Made, { rows }: Results): Single[] {
  return doneTasks(made, "selection").flatMap((task): Single[] => {
    const { trait, source, best } = readJson(made, task, `${task.params.source}.json`) as Selection;
    const row = rows.find(
      (one) =>
        one.dataset === best?.dataset &&
        one.variant === best.variant &&
        one.position === best.position &&
        one.method === best.method,
    );
    return row === undefined ? [] : [{ trait, name: `best(${source})`, row }];
  });
}

/** Whether a strategy is beyond the best single vector: its whole interval is above zero. */
export function isBeyond({ beyond_best_single: beyond }: CombinationRow): boolean {
  return beyond?.interval !== undefined && beyond.interval !== null && beyond.interval[0] > 0;
}

function beyondAnswer(trait: string, combinations: readonly CombinationRow[]): Answer {
  const compared = combinations.filter((one) => one.trait === trait && one.beyond_best_single !== undefined);
  const words = ({ strategy, beyond_best_single: beyond }: CombinationRow): string =>
    `${strategy} ${formatEffect(beyond)}`;
  const beyond = compared.filter(isBeyond);
  const question = `Do combinations steer ${trait} beyond the best single vector?`;
  if (compared.length === 0) return { question, answer: "Not known.", detail: "None has coherent answers to compare." };
  const detail = `Combination less single: ${compared.map(words).join("; ")}.`;
  return beyond.length > 0
    ? { question, answer: `Yes, ${beyond.length} of ${compared.length}.`, detail }
    : { question, answer: `No, none of ${compared.length}.`, detail };
}

function differ({ interval }: ContestantPair): boolean {
  return interval !== null && (interval[0] > 0 || interval[1] < 0);
}

function pairsAnswer(trait: string, pairs: readonly ContestantPair[]): Answer[] {
  const own = pairs.filter((pair) => pair.trait === trait);
  if (own.length === 0) return [];
  const apart = own.filter(differ);
  const list = semicolons(apart.map(({ one, other, ...effect }) => `${one} less ${other}: ${formatEffect(effect)}`));
  return [
    {
      question: `Which combinations and single vectors of ${trait} differ?`,
      answer: apart.length === 0 ? `None of ${own.length} pairs.` : `${apart.length} of ${own.length} pairs.`,
      detail: apart.length === 0 ? "" : `${list}.`,
    },
  ];
}

function tableOf({ confidence, combinations }: Results, singles: readonly Single[]): Table {
  const interval = intervalTitle(confidence);
  return {
    caption: "Combinations beside the best vector of each source",
    columns: columns(
      ["trait", "steered with", "layer × coefficient"],
      [`Δ (${interval})`, "coherence", "n", `beyond best single (${interval})`],
    ),
    rows: [
      ...singles.map(({ trait, name, row: { best, ...row } }) => [
        trait,
        `${name}: ${setName(row)}`,
        best === undefined ? "none" : `${best.layer} × ${fixed(best.coefficient)}`,
        formatEffect(best),
        formatScore(best?.coherence_mean),
        String(best?.n ?? 0),
        "–",
      ]),
      ...combinations.map(({ trait, strategy, hooks, best, beyond_best_single: beyond }) => [
        trait,
        strategy,
        hooks.map(({ layer, coefficient }) => `${layer}\u{a0}×\u{a0}${fixed(coefficient)}`).join(", "),
        formatEffect(best),
        formatScore(best?.coherence_mean),
        String(best?.n ?? 0),
        formatEffect(beyond),
      ]),
    ],
  };
}

function pairsTable({ combination_pairs: pairs, confidence }: Results): Table {
  return {
    caption: "Combinations and single vectors, each less each other",
    isFolded: true,
    columns: columns(["trait", "one", "less", "differ"], [`difference (${intervalTitle(confidence)})`]),
    rows: pairs.map((pair) => [pair.trait, pair.one, pair.other, differ(pair) ? "yes" : "no", formatEffect(pair)]),
  };
}

function picturesOf(figures: readonly Intervals[]): Pictures[] {
  const drawn = figures.filter(({ rows }) => rows.length > 0);
  return drawn.length === 0 ? [] : [{ title: "Combinations and single vectors", figures: drawn, isFolded: false }];
}

function figureOf(trait: string, { combinations, confidence }: Results, singles: readonly Single[]): Intervals {
  return {
    kind: "intervals",
    caption: `${trait}: Δ with its ${intervalTitle(confidence)}; circles: single vectors; squares: combinations`,
    alt: `${trait}: change of the trait score for combinations, beside the best vector of each source. The table has the numbers.`,
    x: "Δ trait score",
    y: "",
    rows: [
      ...singles.filter((one) => one.trait === trait).flatMap(({ name, row }) => rowOf(name, "vector", row.best)),
      ...combinations
        .filter((one) => one.trait === trait)
        .flatMap(({ strategy, best }) => rowOf(strategy, "combination", best)),
    ],
  };
}
