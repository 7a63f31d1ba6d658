import type { Phase } from "../../domain/task.ts";
import type { Results } from "../../runtime/tasks/results-document.ts";
import type { SimilarityDocument } from "../../runtime/tasks/similarity-document.ts";
import { plural } from "../units.ts";
import { isBeyond } from "./combinations.ts";
import { groupBy } from "../../util/group-by.ts";
import { doneTasks, plannedTasks, type Made } from "./made.ts";
import { positionsOf } from "./positions.ts";
import type { Criterion } from "./view.ts";

/** What the experiment set out to do, of the phases that it has, and whether it is done. */
export function criteriaOf(
  made: Made,
  results: Results | undefined,
  similarity: readonly SimilarityDocument[],
): Criterion[] {
  const phases = new Set(made.experiment.tasks.map(({ phase }) => phase));
  const of = (phase: Phase, criterion: () => Criterion): Criterion[] => (phases.has(phase) ? [criterion()] : []);
  return [
    ...of("extraction", () => vectorSets(made)),
    ...of("steering", () => bestVectors(made, results)),
    ...positions(made, results),
    ...of("combinations", () => combined(made, results)),
    ...of("weights", () => weights(made)),
    ...of("similarity", () => alike(made, similarity)),
  ];
}

/** Open until everything is done. */
function judged(text: string, evidence: string, isComplete: boolean, holds: boolean): Criterion {
  return { text, evidence, state: isComplete ? (holds ? "met" : "missed") : "open" };
}

function vectorSets(made: Made): Criterion {
  const [planned, done] = [plannedTasks(made, "vectors").length, doneTasks(made, "vectors").length];
  const evidence = `${done} of ${planned}`;
  return judged("All vector sets are extracted", evidence, done === planned, true);
}

function bestVectors(made: Made, results: Results | undefined): Criterion {
  const planned = plannedTasks(made, "steering").length;
  const rows = results?.rows ?? [];
  const found = rows.filter(({ best }) => best !== undefined).length;
  const evidence = `${found} of ${planned}${results === undefined ? "" : `, at coherence ≥ ${results.min_coherence}`}`;
  return judged(
    "A best vector is found for every source, position and method",
    evidence,
    rows.length === planned,
    found === planned,
  );
}

/** Only where a vector set differs from another in its position alone. */
function positions(made: Made, results: Results | undefined): Criterion[] {
  const searches = plannedTasks(made, "steering");
  const groups = groupBy(searches, ({ params: { trait, dataset, variant, method } }) =>
    JSON.stringify([trait, dataset, variant, method]),
  );
  const several = [...groups.values()].filter(({ length }) => length > 1).flat();
  const traits = [...new Set(several.map(({ params }) => params.trait))];
  if (traits.length === 0) return [];
  const answers = results === undefined ? [] : traits.flatMap((trait) => positionWords(trait, results));
  const isComplete = searches.length === (results?.rows.length ?? 0);
  return [
    judged(
      "It is known whether the position matters",
      answers.length === 0 ? "nothing to compare yet" : answers.join("; "),
      isComplete,
      answers.length === traits.length,
    ),
  ];
}

function positionWords(trait: string, results: Results): string[] {
  const { compared, apart } = positionsOf(trait, results);
  if (compared.length === 0) return [];
  return apart.length === 0
    ? [`${trait}: no two can be told apart, of ${plural(compared.length, "comparison")}`]
    : [`${trait}: yes, in ${apart.length} of ${plural(compared.length, "comparison")}`];
}

function combined(made: Made, results: Results | undefined): Criterion {
  const planned = plannedTasks(made, "combination").length;
  const rows = results?.combinations ?? [];
  const compared = rows.filter(({ beyond_best_single: beyond }) => beyond !== undefined);
  const evidence = `${compared.length} of ${planned} compared, ${compared.filter(isBeyond).length} beyond the best single vector`;
  return judged(
    "Combinations are tested, and compared with the best single vector",
    evidence,
    rows.length === planned,
    compared.length === planned,
  );
}

function weights(made: Made): Criterion {
  const [planned, done] = [plannedTasks(made, "weights"), doneTasks(made, "weights")];
  const evidence =
    done.length === 0 ? "nothing yet" : done.map(({ params }) => params.step.replaceAll("_", " ")).join(", ");
  return judged("The change of the weights is analysed", evidence, done.length === planned.length, true);
}

function alike(made: Made, documents: readonly SimilarityDocument[]): Criterion {
  const planned = plannedTasks(made, "similarity").length;
  const correlations = documents.flatMap((document) => Object.values(document.correlations));
  const found = correlations.filter(({ pearson_r: r }) => r !== null).length;
  const evidence = `${documents.length} of ${plural(planned, "profile")}, ${plural(found, "correlation")} with transfer`;
  return judged(
    "The similarity profile is computed, and correlated with transfer",
    evidence,
    documents.length === planned,
    found > 0,
  );
}
