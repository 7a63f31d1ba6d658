import { join } from "node:path";
import type { Experiment, Judge, Variant } from "../domain/experiment.ts";
import type { Task } from "../domain/task.ts";
import type { Bound } from "./bind/bound.ts";
import { digestOf } from "./digest.ts";
import type { Files } from "./files/files.ts";
import type { JudgeSpec } from "./lower/spec.ts";

/** The experiment of a spec without errors. */
export function assemble(bound: Bound, files: Files, tasks: readonly Task[], projectDir: string): Experiment {
  const { spec, application, vetted } = bound;
  const isJudged = spec.steering !== undefined || vetted.length > 0;
  if (spec.name === undefined) throw new Error("Internal error: an experiment without a name passed");
  const name = spec.name.value;
  return {
    name,
    folder: experimentDir(projectDir, name),
    projectDir,
    variants: variantsOf(files),
    application: application?.value ?? "",
    engine: spec.engine,
    judge: isJudged && spec.judge !== undefined ? judgeOf(spec.judge) : undefined,
    judgeTemplates: files.templates,
    datasets: files.datasets,
    prompts: promptsOf(bound, files),
    tasks,
    get digest() {
      return digestOf({ name, tasks: tasks.map(({ id, params, needs }) => ({ id, params, needs })) });
    },
  };
}

/** Where an experiment's artifacts and its state are. */
export function experimentDir(projectDir: string, name: string): string {
  return join(projectDir, "experiments", name);
}

function variantsOf(files: Files): Map<string, Variant> {
  return new Map(
    [...files.models].map(([name, model]): [string, Variant] => [
      name,
      {
        name,
        model: model.name,
        weightsDir: files.weights.get(name)?.found?.folder ?? model.weights,
        promptFormat: model.promptFormat,
        layers: model.layers.value,
        hiddenSize: model.hiddenSize.value,
        weightsDigest: files.weights.get(name)?.found?.digest,
        weightsLocation: files.weights.get(name)?.location,
        parameters: model.parameters?.value,
      },
    ]),
  );
}

function promptsOf({ similarity }: Bound, files: Files): Map<string, readonly string[]> {
  const asked = similarity?.prompts ?? [];
  return new Map(asked.map(({ trait, dataset }) => [trait.value, files.prompts.get(dataset.value) ?? []]));
}

function judgeOf(judge: JudgeSpec): Judge {
  if (judge.provider === "local") return { provider: "local", variant: judge.variant.value };
  const { provider, model, baseUrl, apiKeyEnv, maxConcurrency, samples, budget, price } = judge;
  return { provider, model, baseUrl, apiKeyEnv, maxConcurrency, samples, maxCalls: budget.calls?.value, price };
}
