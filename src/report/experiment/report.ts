import type { Experiment } from "../../domain/experiment.ts";
import { PHASES, type Phase } from "../../domain/task.ts";
import { resultsSoFar } from "../../runtime/tasks/results-so-far.ts";
import { plural } from "../units.ts";
import { combinationsSection } from "./combinations.ts";
import { criteriaOf } from "./criteria.ts";
import { curvesOf } from "./curves.ts";
import { extractionSection } from "./extraction.ts";
import type { Made } from "./made.ts";
import { browserOf } from "./responses.ts";
import { readSimilarity, similaritySection } from "./similarity.ts";
import { steeringSection } from "./steering.ts";
import { glanceTable } from "./steering-tables.ts";
import type { Fact, ReportView, Section, Table } from "./view.ts";
import { readWeightsDocuments } from "./weights-documents.ts";
import { weightsSection } from "./weights.ts";
import { columns, listed } from "./words.ts";

/** What the artifacts that are there say. Throws RuntimeFailure `artifact-damaged`. */
export async function buildReport(made: Made): Promise<ReportView> {
  const { experiment } = made;
  const results = await resultsSoFar(experiment, made.isDone, made.readFile);
  const curves = curvesOf(made);
  const documents = readWeightsDocuments(made);
  const similarity = readSimilarity(made);
  const sections: Readonly<Partial<Record<Phase, () => Section>>> = {
    extraction: () => extractionSection(made),
    steering: () => steeringSection(made, results, curves),
    combinations: () => combinationsSection(made, results),
    weights: () => weightsSection(made, documents, results, curves),
    similarity: () => similaritySection(made, similarity, documents.norms),
  };
  const phases = new Set(experiment.tasks.map(({ phase }) => phase));
  return {
    experiment: experiment.name,
    facts: factsOf(experiment),
    criteria: criteriaOf(made, results, similarity),
    glance: results === undefined || results.rows.length === 0 ? undefined : glanceTable(results),
    phases: experiment.tasks.every(({ id }) => made.isDone(id)) ? undefined : phasesTable(made, phases),
    sections: PHASES.flatMap((phase) => (phases.has(phase) ? (sections[phase]?.() ?? []) : [])),
    browser: browserOf(made, results),
  };
}

function factsOf({ variants, application, judge, datasets }: Experiment): Fact[] {
  const models = [...variants.values()].map(({ name, model }) => `${name} (${model})`);
  return [
    { name: "Models", value: listed(models) },
    { name: "Steered", value: application },
    ...(judge === undefined
      ? []
      : [{ name: "Judge", value: judge.provider === "local" ? `${judge.variant}, on this machine` : judge.model }]),
    {
      name: "Datasets",
      value: listed(
        [...datasets.values()].map(
          ({ ref, positive, negative }) => `${ref} (${plural(positive.length + negative.length, "row")})`,
        ),
      ),
    },
  ];
}

function phasesTable({ experiment, isDone }: Made, phases: ReadonlySet<Phase>): Table {
  return {
    caption: "What has run so far",
    columns: columns(["phase", "state"], ["tasks done"]),
    rows: PHASES.filter((phase) => phases.has(phase)).map((phase) => {
      const tasks = experiment.tasks.filter((task) => task.phase === phase);
      const done = tasks.filter(({ id }) => isDone(id)).length;
      return [phase, done === tasks.length ? "done" : done === 0 ? "not run" : "in part", `${done} of ${tasks.length}`];
    }),
  };
}
