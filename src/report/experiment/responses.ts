import type { Task } from "../../domain/task.ts";
import type { Results } from "../../runtime/tasks/results-document.ts";
import { groupBy } from "../../util/group-by.ts";
import { doneTasks, readJson, readLines, type Made } from "./made.ts";
import type { Browser, Response, ResponseSet } from "./view.ts";
import { fixed, setName } from "./words.ts";

/** Characters of all responses together; a page of this is still quick to open. */
const MAX_CHARACTERS = 1_500_000;

/** A line of responses.jsonl, as far as it is read here. */
interface Line extends Response {
  readonly evaluation: number;
  readonly layer: number;
  readonly method: string;
  readonly weight: number;
}

/** Unsteered responses, and steered ones: those of every best evaluation first, then its layer's others, while they fit. */
export function browserOf(made: Made, results: Results | undefined): Browser {
  const sets = [...vectorResponses(made, results), ...combinationResponses(made, results)];
  const order = [...sets.filter(({ isBest }) => isBest), ...sets.filter(({ isBest }) => !isBest)];
  let characters = 0;
  const kept = new Set(
    order.filter(({ answers }) => {
      characters += answers.reduce((sum, { question, response }) => sum + question.length + response.length, 0);
      return characters <= MAX_CHARACTERS;
    }),
  );
  return {
    unsteered: doneTasks(made, "baseline").map((task) => ({
      dataset: task.params.dataset,
      answers: (readJson(made, task, "baseline.json") as { readonly responses: readonly Response[] }).responses.map(
        answerOf,
      ),
    })),
    sets: sets.filter((set) => kept.has(set)),
    leftOut: sets.length - kept.size,
  };
}

/** Of a search without a best, nothing: there is no layer to look at. */
function vectorResponses(made: Made, results: Results | undefined): ResponseSet[] {
  const refined = doneTasks(made, "refine");
  return doneTasks(made, "steering").flatMap((search): ResponseSet[] => {
    const { dataset, trait, variant, position, method } = search.params;
    const best = results?.rows.find(
      (row) => row.dataset === dataset && row.variant === variant && row.position === position && row.method === method,
    )?.best;
    if (best === undefined) return [];
    const evaluations = [
      ...evaluationsOf(made, search, "responses.jsonl"),
      ...refined
        .filter(({ needs }) => needs.includes(search.id))
        .flatMap((task) => evaluationsOf(made, task, "refined_responses.jsonl")),
    ];
    return evaluations
      .filter(([first]) => first.layer === best.layer && first.method === method)
      .toSorted(([a], [b]) => a.weight - b.weight)
      .map((lines) => ({
        trait,
        dataset,
        by: setName(search.params),
        at: `layer ${lines[0].layer}, coefficient ${fixed(lines[0].weight)}`,
        isBest: lines[0].weight === best.coefficient,
        answers: lines.map(answerOf),
      }));
  });
}

function combinationResponses(made: Made, results: Results | undefined): ResponseSet[] {
  return doneTasks(made, "combination").flatMap((task) => {
    const { trait, strategy, dataset } = task.params;
    const row = results?.combinations.find((one) => one.trait === trait && one.strategy === strategy);
    return evaluationsOf(made, task, "responses.jsonl")
      .toSorted(([a], [b]) => a.weight - b.weight)
      .map((lines) => ({
        trait,
        dataset,
        by: `combination ${strategy}`,
        at: `scale ${fixed(lines[0].weight)}`,
        isBest: lines[0].weight === row?.best?.coefficient,
        answers: lines.map(answerOf),
      }));
  });
}

function evaluationsOf(made: Made, task: Task, name: string): [Line, ...Line[]][] {
  return [...groupBy(readLines(made, task, name) as Line[], ({ evaluation }) => String(evaluation)).values()] as [
    Line,
    ...Line[],
  ][];
}

/** Without the token ids. */
function answerOf({ question, response, trait, coherence }: Response): Response {
  return { question, response, trait, coherence };
}
