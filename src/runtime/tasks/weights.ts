import type { WeightsTask } from "../../domain/task.ts";
import { openWeightPair } from "../../engine/index.ts";
import { readableJson } from "../../util/readable-json.ts";
import { onlyTask, outputPath, variantOf, type Executor } from "./context.ts";
import { alignmentDocument } from "./weights-alignment.ts";
import { headOf, type WeightsDocument } from "./weights-document.ts";
import { lensDocument } from "./weights-lens.ts";
import { normsDocument } from "./weights-norms.ts";

/** What training changed between two variants: one document a step. */
export const runWeights: Executor<WeightsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { step, from, to } = task.params;
  const directory = (variant: string): string => variantOf(context.experiment, variant).weightsDir;
  const pair = openWeightPair(directory(from), directory(to));
  const make = { norms: normsDocument, logit_lens: lensDocument, trait_alignment: alignmentDocument }[step];
  const document: WeightsDocument = { ...headOf(task, context), ...(await make(task, pair, context)) };
  return new Map([[task.id, new Map([[outputPath(task, `${step}.json`), readableJson(document)]])]]);
};
