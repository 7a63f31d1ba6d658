import type { ChatMessage, GenerateRow, Generated, Prompt, RowSteering } from "../../domain/engine.ts";
import type { AskingParams } from "../../domain/task-params.ts";
import type { JudgeItem, Scores } from "../judge/types.ts";
import { datasetOf, variantOf, type TaskContext } from "./context.ts";
import { generateInSteps } from "./generate.ts";

/** How steering questions are asked of the application model. */
export interface Configuration {
  readonly steering: readonly RowSteering[];
  /** Said before every question. */
  readonly systemPrompt?: string;
}

/** One judged answer. */
export interface Answer extends Scores {
  /** Index into the dataset's steering questions. */
  readonly question: number;
  readonly text: string;
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
  readonly finish: Generated["finish"];
}

/** Asks every question under every configuration, greedily, all in one batch, and has the answers judged: [configuration][question]. */
export async function askAndJudge(
  params: AskingParams,
  configurations: readonly Configuration[],
  vectors: readonly Float32Array[],
  doing: string,
  context: TaskContext,
): Promise<Answer[][]> {
  const dataset = datasetOf(context.experiment, params.dataset);
  // First of all: a judge that cannot be had is said before anything is generated for it.
  const judge = await context.judge();
  const model = await context.model(params.application);
  const asked = params.questions === "all" ? dataset.questions : dataset.questions.slice(0, params.questions);
  const { promptFormat } = variantOf(context.experiment, params.application);
  const plain = asked.map((question) => model.encode(promptOf(question, undefined, promptFormat)));
  const promptsAfter = (system: string | undefined): number[][] =>
    system === undefined ? plain : asked.map((question) => model.encode(promptOf(question, system, promptFormat)));
  const rows = configurations.flatMap(({ steering, systemPrompt }) =>
    promptsAfter(systemPrompt).map((promptIds): GenerateRow => ({
      promptIds,
      maxNewTokens: params.maxNewTokens,
      sampling: { temperature: 0 },
      steering,
    })),
  );
  const generated = await generateInSteps(model, rows, vectors, `${doing}, generating`, context);
  const texts = generated.map(({ ids }) => model.decode(ids));
  const items = texts.map((answer, index): JudgeItem => ({
    trait: params.trait,
    definition: dataset.definition,
    question: asked[index % asked.length] as string,
    answer,
  }));
  const scores = await context.step(
    `${doing}, judging`,
    () =>
      judge.score(items, (done, total) => {
        const judgeCalls = judge.paid();
        const paid = judgeCalls === undefined ? {} : { judgeCalls };
        context.progress({ done, total, unit: "answers", doing: `${doing}, judging`, ...paid });
      }),
    // A score that is missing may come the next time.
    (all) => all.every(({ trait, coherence }) => trait !== null && coherence !== null),
  );
  return configurations.map((_, configuration) =>
    Array.from(asked.keys(), (question): Answer => {
      const index = configuration * asked.length + question;
      const { promptIds } = rows[index] as GenerateRow;
      const { ids, finish } = generated[index] as Generated;
      return { question, text: texts[index] as string, promptIds, ids, finish, ...(scores[index] as Scores) };
    }),
  );
}

function promptOf(question: string, systemPrompt: string | undefined, format: Prompt["format"]): Prompt {
  if (format === "raw") return { format, text: question };
  const system: ChatMessage[] = systemPrompt === undefined ? [] : [{ role: "system", content: systemPrompt }];
  return { format, messages: [...system, { role: "user", content: question }] };
}
