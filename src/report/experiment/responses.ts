import type { Task } from "../../domain/task.ts";
import type { Results } from "../../runtime/tasks/results-document.ts";
import type { Prompted } from "../../runtime/tasks/prompted.ts";
import { groupBy } from "../../util/group-by.ts";
import { doneTasks, readJson, readLines, type Made } from "./made.ts";
import type { Browser, Response, ResponseSet } from "./view.ts";
import { fixed, setName } from "./words.ts";

/** A line of responses.jsonl, as far as it is read here. */
interface Line extends Response {
  readonly evaluation: number;
  readonly layer: number;
  readonly method: string;
  readonly weight: number;
}

/** Unsteered responses; steered ones of every best layer; those to system prompts. */
export function browserOf(made: Made, results: Results | undefined): Browser {
  return {
    unsteered: doneTasks(made, "baseline").map((task) => ({
      dataset: task.params.dataset,
      answers: (readJson(made, task, "baseline.json") as { readonly responses: readonly Response[] }).responses.map(
        answerOf,
      ),
    })),
    sets: [
      ...vectorResponses(made, results),
      ...combinationResponses(made, results),
      ...promptedResponses(made, results),
    ],
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

function promptedResponses(made: Made, results: Results | undefined): ResponseSet[] {
  return doneTasks(made, "prompted").flatMap((task) => {
    const { dataset, trait } = task.params;
    const best = results?.prompting.find((row) => row.dataset === dataset)?.best;
    const { prompts } = readJson(made, task, "prompted.json") as Prompted;
    return prompts.map(({ system_prompt: prompt, responses }) => ({
      trait,
      dataset,
      by: `system prompt, questions of ${dataset}`,
      at: prompt,
      isBest: prompt === best?.system_prompt,
      answers: responses.map(answerOf),
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
