import type { Task } from "../../domain/task.ts";
import { runActivations } from "./activations.ts";
import { runBaseline } from "./baseline.ts";
import { runCapture } from "./capture.ts";
import { runCheckpoint } from "./checkpoint.ts";
import { runCombination } from "./combination.ts";
import type { Outputs, TaskContext } from "./context.ts";
import { runPrompted } from "./prompted.ts";
import { runPrompts } from "./prompts.ts";
import { runRefine } from "./refine.ts";
import { runReplay } from "./replay.ts";
import { runResponses } from "./responses.ts";
import { runResults } from "./results.ts";
import { runSelection } from "./selection.ts";
import { runSimilarity } from "./similarity.ts";
import { runSteering } from "./steering.ts";
import { runVectors } from "./vectors.ts";
import { runVetting } from "./vetting.ts";
import { runWeights } from "./weights.ts";

/** Runs tasks of one kind together: more than one only where they share their work (see sharedWork). */
export function execute(tasks: readonly Task[], context: TaskContext): Promise<Map<string, Outputs>> {
  const of = <K extends Task["kind"]>(kind: K) =>
    tasks.filter((task): task is Extract<Task, { kind: K }> => task.kind === kind);
  const [first] = tasks;
  switch (first?.kind) {
    case "responses":
      return runResponses(of("responses"), context);
    case "vetting":
      return runVetting(of("vetting"), context);
    case "activations":
      return runActivations(of("activations"), context);
    case "vectors":
      return runVectors(of("vectors"), context);
    case "baseline":
      return runBaseline(of("baseline"), context);
    case "prompted":
      return runPrompted(of("prompted"), context);
    case "steering":
      return runSteering(of("steering"), context);
    case "results":
      return runResults(of("results"), context);
    case "prompts":
      return runPrompts(of("prompts"), context);
    case "capture":
      return runCapture(of("capture"), context);
    case "replay":
      return runReplay(of("replay"), context);
    case "similarity":
      return runSimilarity(of("similarity"), context);
    case "refine":
      return runRefine(of("refine"), context);
    case "selection":
      return runSelection(of("selection"), context);
    case "combination":
      return runCombination(of("combination"), context);
    case "checkpoint":
      return runCheckpoint(of("checkpoint"), context);
    case "weights":
      return runWeights(of("weights"), context);
    case undefined:
      throw new Error("Internal error: there is no task to execute");
  }
}

/** Tasks with the same key are cheaper together: positions of one response set come out of one forward pass. */
export function sharedWork(task: Task): string | undefined {
  return task.kind === "activations" ? `${task.params.dataset}/${task.params.variant}` : undefined;
}

/** Tasks whose answers are scored by a judge. */
export function isJudged({ params }: Task): boolean {
  return "judge" in params;
}

/** The variants whose models a task runs. */
export function modelsOf(task: Task): readonly string[] {
  switch (task.kind) {
    case "responses":
    case "activations":
    case "capture":
    case "replay":
      return [task.params.variant];
    case "baseline":
    case "prompted":
    case "steering":
    case "refine":
    case "combination": {
      const { judge, application } = task.params;
      return judge.provider === "local" ? [application, judge.variant] : [application];
    }
    case "vetting": {
      const { judge } = task.params;
      return judge.provider === "local" ? [judge.variant] : [];
    }
    case "vectors":
    case "results":
    case "selection":
    case "weights":
    case "prompts":
    case "similarity":
    case "checkpoint":
      return [];
  }
}
