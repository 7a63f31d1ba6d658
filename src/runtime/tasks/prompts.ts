import type { PromptsTask } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import { onlyTask, type Executor, type Outputs } from "./context.ts";

/** One prompt of a prompt set. */
export interface InferencePrompt {
  /** Counts from 1 across the traits. */
  readonly id: number;
  readonly text: string;
  /** Where it comes from: its trait. */
  readonly note: string;
}

/** The steering questions of several traits as one list, in the study's format. */
export const runPrompts: Executor<PromptsTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const asked = task.params.traits.flatMap((trait) => {
    const questions = context.experiment.prompts.get(trait);
    if (questions === undefined) throw new Error(`Internal error: no prompts of ${trait}`);
    return questions.map((text) => ({ text, note: trait }));
  });
  const prompts = asked.map((prompt, index): InferencePrompt => ({ id: index + 1, ...prompt }));
  const lines = prompts.map((prompt) => `    ${JSON.stringify(prompt)}`);
  const outputs: Outputs = new Map(
    task.outputs.map((path) => [path, `{\n  "prompts": [\n${lines.join(",\n")}\n  ]\n}\n`]),
  );
  return new Map([[task.id, outputs]]);
};

/** Throws RuntimeFailure `artifact-damaged`. */
export function parsePrompts(path: string, bytes: Uint8Array): readonly InferencePrompt[] {
  try {
    const parsed = JSON.parse(Buffer.from(bytes).toString()) as { readonly prompts?: unknown } | null;
    if (Array.isArray(parsed?.prompts)) return parsed.prompts as InferencePrompt[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure(
    "artifact-damaged",
    `${path} is not a prompt set any more.`,
    "Delete it and apply again: its task then runs again.",
  );
}
