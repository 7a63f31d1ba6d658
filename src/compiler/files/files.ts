import type { Dataset } from "../../domain/experiment.ts";
import type { Bound } from "../bind/bound.ts";
import { readDatasets } from "./datasets.ts";
import { readModels, type Model } from "./models.ts";
import type { Project } from "./project.ts";
import { readJudgeTemplates, type JudgeTemplates } from "./templates.ts";
import { readWeights } from "./weights.ts";

/** What the files that a spec names say. What is missing or broken is left out; it has been reported. */
export interface Files {
  /** By variant. */
  readonly models: ReadonlyMap<string, Model>;
  /** Digests by variant, of those that the experiment runs and whose weights are on this machine. */
  readonly weights: ReadonlyMap<string, string>;
  /** By `<set>/<trait>`. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  /** Absent when nothing is judged. */
  readonly templates: JudgeTemplates | undefined;
}

export function readFiles(bound: Bound, project: Project, requireWeights: boolean): Files {
  const models = readModels(bound.spec, project);
  return {
    models,
    weights: readWeights(models, usedVariants(bound), requireWeights, project),
    datasets: readDatasets(bound.cells, bound.steered, project),
    templates: bound.spec.steering === undefined ? undefined : readJudgeTemplates(bound.spec.steering.place, project),
  };
}

function usedVariants({ cells, steered, application, judgeVariant }: Bound): Set<string> {
  const used = new Set(cells.map(({ variant }) => variant.value));
  if (steered.length > 0) {
    for (const variant of [application, judgeVariant]) if (variant !== undefined) used.add(variant.value);
  }
  return used;
}
