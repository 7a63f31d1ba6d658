import type { Experiment } from "../../domain/experiment.ts";
import type { TaskContext } from "./context.ts";
import type { Results } from "./results-document.ts";
import { runResults } from "./results.ts";

/**
 * What the results task would say of the searches and combinations that are done; undefined without one, or in an
 * experiment that steers nothing. Throws RuntimeFailure `artifact-damaged`.
 */
export async function resultsSoFar(
  experiment: Experiment,
  isDone: (id: string) => boolean,
  readFile: TaskContext["readFile"],
): Promise<Results | undefined> {
  const task = experiment.tasks.find((one) => one.kind === "results");
  const needs = task?.needs.filter(isDone) ?? [];
  const searches = experiment.tasks.filter(({ id, kind }) => kind === "steering" && needs.includes(id));
  if (task === undefined || searches.length === 0) return undefined;
  // System prompts are measured beside vectors of their dataset.
  const steered = new Set(searches.map(({ params }) => params["dataset"]));
  const early = experiment.tasks.filter(({ kind, params }) => kind === "prompted" && !steered.has(params["dataset"]));
  const left = new Set(early.map(({ id }) => id));
  const outputs = await runResults(
    [{ ...task, needs: needs.filter((id) => !left.has(id)) }],
    readingOnly(experiment, readFile),
  );
  const [document] = outputs.get(task.id)?.values() ?? [];
  if (typeof document !== "string") throw new Error("Internal error: results are no text");
  return JSON.parse(document) as Results;
}

/** For a task that reads what others have made, and does nothing else. */
function readingOnly(experiment: Experiment, readFile: TaskContext["readFile"]): TaskContext {
  const refuse = (): never => {
    throw new Error("Internal error: results are only read");
  };
  return {
    experiment,
    readFile,
    signal: new AbortController().signal,
    progress: () => undefined,
    notice: () => undefined,
    model: refuse,
    judge: refuse,
    writeFile: refuse,
    step: refuse,
    bytesStep: refuse,
  };
}
