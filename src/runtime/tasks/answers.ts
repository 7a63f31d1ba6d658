import type { GenerateRow, Generated, Model, RowSteering } from "../../domain/engine.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { AskingParams } from "../../domain/task-params.ts";
import type { JudgeItem, Scores } from "../judge/types.ts";
import { datasetOf, variantOf, type TaskContext } from "./context.ts";
import { generateInSteps } from "./generate.ts";

/** Steering questions asked of the application model under one configuration. */
export interface Configuration {
  readonly steering: readonly RowSteering[];
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
  const prompts = questionIds(model, asked, context.experiment, params.application);
  const rows = configurations.flatMap(({ steering }) =>
    prompts.map((promptIds): GenerateRow => ({
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
    question: asked[index % prompts.length] as string,
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
    prompts.map((promptIds, question): Answer => {
      const index = configuration * prompts.length + question;
      const { ids, finish } = generated[index] as Generated;
      return { question, text: texts[index] as string, promptIds, ids, finish, ...(scores[index] as Scores) };
    }),
  );
}

function questionIds(model: Model, asked: readonly string[], experiment: Experiment, variant: string): number[][] {
  const { promptFormat } = variantOf(experiment, variant);
  return asked.map((question) =>
    model.encode(
      promptFormat === "chat"
        ? { format: "chat", messages: [{ role: "user", content: question }] }
        : { format: "raw", text: question },
    ),
  );
}
