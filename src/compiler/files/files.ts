import type { Dataset, JudgeTemplates } from "../../domain/experiment.ts";
import type { Bound } from "../bind/bound.ts";
import { readDatasets, readQuestionsOf } from "./datasets.ts";
import { readModels, type Model } from "./models.ts";
import type { Project } from "./project.ts";
import { readJudgeTemplates } from "./templates.ts";
import { readWeights, type VariantWeights, type WeightsDemand } from "./weights.ts";

/** What the files that a spec names say. What is missing or broken is left out; it has been reported. */
export interface Files {
  /** By variant. */
  readonly models: ReadonlyMap<string, Model>;
  /** By variant, of those that the experiment runs. */
  readonly weights: ReadonlyMap<string, VariantWeights>;
  /** By `<set>/<trait>`. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  /** Steering questions that are prompts of the similarity analysis, by `<set>/<trait>`. */
  readonly prompts: ReadonlyMap<string, readonly string[]>;
  /** What the judge is asked, by trait; none when nothing is judged. */
  readonly templates: ReadonlyMap<string, JudgeTemplates>;
}

export function readFiles(bound: Bound, project: Project, demand: WeightsDemand): Files {
  const models = readModels(bound.spec, project);
  const weights = readWeights(models, usedVariants(bound), demand, project);
  const datasets = readDatasets(bound, project);
  return {
    models,
    weights,
    datasets,
    prompts: readPrompts(bound, datasets, project),
    templates: readTemplates(bound, project),
  };
}

function readTemplates({ spec, steered, vetted }: Bound, project: Project): Map<string, JudgeTemplates> {
  const { place } = spec.steering ?? spec.extraction?.vetting ?? spec;
  const traits = new Set([...steered, ...vetted].map(({ trait }) => trait.value));
  return readJudgeTemplates(place, traits, spec.judge, project);
}

/** Of traits that are not in the matrix, only the questions are read. */
function readPrompts(
  { similarity }: Bound,
  datasets: ReadonlyMap<string, Dataset>,
  project: Project,
): Map<string, readonly string[]> {
  const prompts = new Map<string, readonly string[]>();
  for (const { dataset } of similarity?.prompts ?? []) {
    const read = datasets.get(dataset.value)?.questions ?? [];
    const questions = read.length > 0 ? read : readQuestionsOf(dataset, project);
    if (questions !== undefined) prompts.set(dataset.value, questions);
  }
  return prompts;
}

function usedVariants({ cells, steered, vetted, application, judgeVariant, compared, similarity }: Bound): Set<string> {
  const used = new Set(cells.map(({ variant }) => variant.value));
  for (const { value } of compared === undefined ? [] : [compared.from, compared.to]) used.add(value);
  for (const { value } of similarity === undefined ? [] : [similarity.captured, ...similarity.replayed])
    used.add(value);
  if (steered.length > 0 && application !== undefined) used.add(application.value);
  if ((steered.length > 0 || vetted.length > 0) && judgeVariant !== undefined) used.add(judgeVariant.value);
  return used;
}
