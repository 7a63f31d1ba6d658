import type { PromptedTask } from "../../domain/task.ts";
import { positiveSystemPrompts } from "../../domain/system-prompts.ts";
import { summarise, type Summary } from "../effect.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import { storedAnswer, type StoredAnswer } from "./baseline.ts";
import { datasetOf, onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";

/** What the unsteered application model answers after each of the trait's positive system prompts. */
export interface Prompted {
  readonly format_version: 1;
  readonly prompts: readonly PromptedAnswers[];
}

export interface PromptedAnswers {
  readonly system_prompt: string;
  readonly result: Summary;
  readonly responses: readonly StoredAnswer[];
}

export const runPrompted: Executor<PromptedTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const prompts = positiveSystemPrompts(datasetOf(context.experiment, params.promptsOf));
  const configurations = prompts.map((systemPrompt) => ({ steering: [], systemPrompt }));
  const answers = await askAndJudge(params, configurations, [], "system prompts", context);
  const { questions } = datasetOf(context.experiment, params.dataset);
  const prompted: Prompted = {
    format_version: 1,
    prompts: prompts.map((prompt, index) => {
      const own = answers[index] as Answer[];
      return {
        system_prompt: prompt,
        result: summarise(own),
        responses: own.map((answer) => storedAnswer(answer, questions)),
      };
    }),
  };
  return new Map([[task.id, new Map([[outputPath(task, NAME), `${JSON.stringify(prompted, null, 2)}\n`]])]]);
};

const NAME = "prompted.json";

export function readPrompted(task: PromptedTask, context: TaskContext): readonly PromptedAnswers[] {
  return (JSON.parse(Buffer.from(context.readFile(outputPath(task, NAME))).toString("utf8")) as Prompted).prompts;
}
