import type { Model } from "../../domain/engine.ts";
import type { BaselineTask } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import type { Scores } from "../judge/types.ts";
import { summarise, type Summary } from "../effect.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import { datasetOf, onlyTask, outputPath, type Executor } from "./context.ts";

/** What the unsteered application model does, and how large its residual stream is. */
export interface Baseline {
  readonly result: Summary;
  /** Mean L2 norm of the residual stream over all tokens, prompt and response: [layer]. */
  readonly residual_norms: readonly number[];
  readonly responses: readonly StoredAnswer[];
}

export const runBaseline: Executor<BaselineTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const [answers = []] = await askAndJudge(task.params, [{ steering: [] }], [], "unsteered", context);
  const model = await context.model(task.params.application);
  const { questions } = datasetOf(context.experiment, task.params.dataset);
  const baseline: Baseline = {
    result: summarise(answers),
    residual_norms: await residualNorms(model, answers),
    responses: answers.map((answer) => storedAnswer(answer, questions)),
  };
  return new Map([[task.id, new Map([[outputPath(task, "baseline.json"), `${JSON.stringify(baseline, null, 2)}\n`]])]]);
};

/** Throws RuntimeFailure `artifact-damaged`. */
export function parseBaseline(path: string, bytes: Uint8Array): Baseline {
  try {
    const baseline = JSON.parse(Buffer.from(bytes).toString()) as Baseline;
    if (Array.isArray(baseline.residual_norms)) return baseline;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure(
    "artifact-damaged",
    `${path} is damaged.`,
    "Delete it and apply again: its task then runs again.",
  );
}

/** An answer in a file: its scores and where they come from. */
export interface StoredAnswer extends Scores {
  readonly question: string;
  readonly response: string;
  readonly finish: Answer["finish"];
  readonly prompt_ids: readonly number[];
  readonly response_ids: readonly number[];
}

export function storedAnswer(answer: Answer, questions: readonly string[]): StoredAnswer {
  return {
    question: questions[answer.question] as string,
    response: answer.text,
    trait: answer.trait,
    coherence: answer.coherence,
    finish: answer.finish,
    prompt_ids: answer.promptIds,
    response_ids: answer.ids,
  };
}

/** Mean over all tokens of all answers, so that long answers weigh by their length. */
async function residualNorms(model: Model, answers: readonly Answer[]): Promise<number[]> {
  const rows = answers.map((answer) => {
    const ids = [...answer.promptIds, ...answer.ids];
    return { ids, pools: [ids.map((_, index) => index)] };
  });
  const captured = await model.capture(rows);
  const tokens = rows.reduce((sum, row) => sum + row.ids.length, 0);
  return Array.from(
    { length: model.layers },
    (_, layer) =>
      captured.reduce((sum, { norms }, row) => sum + (norms[layer] as number) * (rows[row]?.ids.length ?? 0), 0) /
      tokens,
  );
}
