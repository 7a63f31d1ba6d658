import * as report from "../../diagnostics/catalog/files.ts";
import type { Model } from "./models.ts";
import type { Project } from "./project.ts";

/**
 * Digests of the weights of the variants that the experiment runs, by variant; none where they are not on this machine.
 * That is a warning, and an error when `required`; damaged weights are always an error.
 */
export function readWeights(
  models: ReadonlyMap<string, Model>,
  used: ReadonlySet<string>,
  required: boolean,
  project: Project,
): Map<string, string> {
  const digests = new Map<string, string>();
  for (const [variant, model] of models) {
    if (!used.has(variant)) continue;
    const read = project.reader.weights(model.weightsDir);
    // Messages name the folder as the model's file does: the same text on every machine.
    const message = "message" in read ? read.message.replaceAll(model.weightsDir, model.weights) : "";
    switch (read.status) {
      case "ok":
        digests.set(variant, read.digest);
        compare("layers", model, model.layers, read.layers, project);
        compare("hidden_size", model, model.hiddenSize, read.hiddenSize, project);
        break;
      case "missing":
        project.sink.report(report.weightsMissing(model.namePlace, variant, message, read.hint, required));
        break;
      case "damaged":
        project.sink.report(report.weightsDamaged(model.namePlace, variant, message, read.hint));
        break;
    }
  }
  return digests;
}

function compare(key: string, model: Model, said: Model["layers"], found: number, project: Project): void {
  if (said.value !== found) {
    project.sink.report(report.modelDisagrees(said.place, key, said.value, found, model.weights));
  }
}
