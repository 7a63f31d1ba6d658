import type { Results } from "../../runtime/tasks/results-document.ts";
import type { Curves } from "./curves.ts";
import { checkpointAnswers } from "./extraction.ts";
import { missingWords, type Made } from "./made.ts";
import { positionAnswers, positionsTable } from "./positions.ts";
import { steeringAnswers } from "./steering-answers.ts";
import { steeringPictures } from "./steering-pictures.ts";
import { overviewPictures } from "./steering-overview.ts";
import { traitTable } from "./steering-tables.ts";
import type { Section } from "./view.ts";
import { traitsOf } from "./words.ts";

export function steeringSection(made: Made, results: Results | undefined, curves: readonly Curves[]): Section {
  const traits = results === undefined ? [] : traitsOf(results);
  return {
    id: "steering",
    title: "Steering",
    missing: missingWords(made, "steering"),
    answers: [
      ...checkpointAnswers(made, "after_steering"),
      ...(results === undefined
        ? []
        : traits.flatMap((trait) => [...steeringAnswers(trait, results), ...positionAnswers(trait, results)])),
    ],
    tables:
      results === undefined
        ? []
        : [
            ...traits.map((trait) => traitTable(trait, results)),
            ...(results.positions.length === 0 ? [] : [positionsTable(results)]),
          ],
    pictures: [
      ...(results === undefined ? [] : traits.flatMap((trait) => overviewPictures(trait, results, curves))),
      ...steeringPictures(results, curves),
    ],
    notes: results === undefined ? [] : notesOf(results),
  };
}

function notesOf({ rows, held_out: heldOut, positions }: Results): string[] {
  const questions = rows[0]?.questions;
  return [
    heldOut === 0 || questions === undefined
      ? "Chosen and reported on the same questions: the best looks better than it is."
      : `Layers and coefficients are chosen on ${questions.selecting} questions; tables and answers are of the other ${questions.reporting}, on which coherence may come out lower than what was asked for. “Δ when chosen” is of those that chose: too high, by being the highest. Pictures by layer and coefficient are of all questions.`,
    "Δ: trait score less the unsteered one, question by question. < 80 from: the smallest coefficient tried at that layer whose coherence is below 80. Random: random unit directions at the same layer and coefficient, on average, and the largest.",
    ...(positions.length === 0
      ? []
      : [
          "p: sign-flip test over the questions; adjusted for all comparisons of a trait (Holm). Intervals are not adjusted.",
        ]),
  ];
}
