import * as report from "../../diagnostics/catalog/files.ts";
import { nearest } from "../../util/nearest.ts";
import type { Dataset } from "../../domain/experiment.ts";
import type { Located } from "../lower/spec.ts";
import type { Bound } from "../bind/bound.ts";
import type { Project } from "./project.ts";
import { readQuestions } from "./questions.ts";
import { readRows } from "./rows.ts";
import { isUnwritten } from "./unwritten.ts";

/** The datasets that the cells read, by `<set>/<trait>`. One that is missing or broken is reported, and left out. */
export function readDatasets({ cells, steered, vetted }: Bound, project: Project): Map<string, Dataset> {
  const refs = new Map(cells.map(({ dataset }) => [dataset.value, dataset]));
  const asked = new Set(steered.map(({ dataset }) => dataset.value));
  const judged = new Set([...steered, ...vetted].map(({ dataset }) => dataset.value));
  const datasets = new Map<string, Dataset>();
  for (const [ref, located] of refs) {
    const dataset = readDataset(located, { asked: asked.has(ref), judged: judged.has(ref) }, project);
    if (dataset !== undefined) datasets.set(ref, dataset);
  }
  return datasets;
}

/** The questions alone, of a dataset that nothing else is read of. Undefined when reported. */
export function readQuestionsOf(ref: Located<string>, project: Project): readonly string[] | undefined {
  const folder = findDataset(ref, project);
  return folder === undefined ? undefined : readQuestions(folder, ref, project);
}

/** The dataset's folder. Undefined when reported. */
function findDataset(ref: Located<string>, project: Project): string | undefined {
  const folder = `datasets/traits/${ref.value}`;
  if (project.exists(folder)) return folder;
  const known = datasetRefs(project);
  project.sink.report(report.datasetMissing(ref.place, ref.value, nearest(ref.value, known), known));
  return undefined;
}

/** The definition only of what is judged, the questions only of what is asked. */
function readDataset(
  ref: Located<string>,
  { asked, judged }: { readonly asked: boolean; readonly judged: boolean },
  project: Project,
): Dataset | undefined {
  const folder = findDataset(ref, project);
  if (folder === undefined) return undefined;
  const positive = readRows(folder, "positive", ref.place, project);
  const negative = readRows(folder, "negative", ref.place, project);
  const definition = judged ? readDefinition(folder, ref, project) : "";
  const questions = asked ? readQuestions(folder, ref, project) : [];
  if (positive === undefined || negative === undefined || definition === undefined || questions === undefined) {
    return undefined;
  }
  return { ref: ref.value, positive, negative, definition, questions };
}

function readDefinition(folder: string, ref: Located<string>, project: Project): string | undefined {
  const file = `${folder}/definition.txt`;
  const source = project.read(file, ref.place, () =>
    project.sink.report(
      report.datasetFileMissing(
        ref.place,
        file,
        "The judge needs it: what an answer that scores 0, 50 and 100 is like.",
      ),
    ),
  );
  if (source === undefined) return undefined;
  if (isUnwritten(source, project)) return undefined;
  const definition = source.text.trim();
  if (definition === "") project.sink.report(report.definitionEmpty(ref.place, file));
  return definition === "" ? undefined : definition;
}

function datasetRefs(project: Project): string[] {
  const traits = "datasets/traits";
  return project.list(traits).flatMap((set) => project.list(`${traits}/${set}`).map((trait) => `${set}/${trait}`));
}
