import type { GenerateRow, Model, Prompt, Sampling } from "../../domain/engine.ts";
import type { DatasetRow } from "../../domain/experiment.ts";
import type { ResponsesParams } from "../../domain/task-params.ts";
import type { ResponsesTask } from "../../domain/task.ts";
import { datasetOf, onlyTask, outputPath, variantOf, type Executor, type Outputs } from "./context.ts";
import { generateInSteps } from "./generate.ts";
import { formatResponses, type StoredResponse } from "./responses-file.ts";

/** Generates one response set: every row of both polarities, `rollouts` times each. */
export const runResponses: Executor<ResponsesTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const dataset = datasetOf(context.experiment, params.dataset);
  const { promptFormat } = variantOf(context.experiment, params.variant);
  const model = await context.model(params.variant);
  const planned = (["positive", "negative"] as const).flatMap((polarity) =>
    dataset[polarity].flatMap((row, scenario) => {
      const promptIds = model.encode(promptOf(row, promptFormat));
      return Array.from({ length: params.rollouts }, (_, rollout) => ({ polarity, row, scenario, rollout, promptIds }));
    }),
  );
  const rows = planned.map(({ polarity, scenario, rollout, promptIds }): GenerateRow => ({
    promptIds,
    maxNewTokens: params.maxNewTokens,
    sampling: samplingOf(params, polarity, scenario, rollout),
    steering: [],
  }));
  const generated = await generateInSteps(model, rows, [], "generating", context);
  const stored = planned.map(({ polarity, row, scenario, rollout, promptIds }, index) => {
    const { ids, finish } = generated[index] as (typeof generated)[number];
    return { polarity, response: store(model, row, scenario, rollout, promptIds, ids, finish) };
  });
  const file = (polarity: string): string =>
    formatResponses(stored.filter((entry) => entry.polarity === polarity).map((entry) => entry.response));
  const outputs: Outputs = new Map([
    [outputPath(task, "pos.json"), file("positive")],
    [outputPath(task, "neg.json"), file("negative")],
  ]);
  return new Map([[task.id, outputs]]);
};

/** A dataset row as the variant is to see it; a raw variant reads the system prompt, if any, as the text's beginning. */
function promptOf(row: DatasetRow, format: Prompt["format"]): Prompt {
  if (format === "raw") return { format, text: row.systemPrompt ? `${row.systemPrompt}\n\n${row.prompt}` : row.prompt };
  const system = row.systemPrompt === undefined ? [] : [{ role: "system" as const, content: row.systemPrompt }];
  return { format, messages: [...system, { role: "user", content: row.prompt }] };
}

/** Each row has its own seed, from what it is and not from where it stands. */
function samplingOf(params: ResponsesParams, polarity: string, scenario: number, rollout: number): Sampling {
  if (params.temperature === 0) return { temperature: 0 };
  const seed = `${params.seed}/${params.dataset}/${polarity}/${scenario}/${rollout}`;
  return { temperature: params.temperature, topP: params.topP, seed };
}

function store(
  model: Model,
  row: DatasetRow,
  scenario: number,
  rollout: number,
  promptIds: readonly number[],
  ids: readonly number[],
  finish: "eos" | "length",
): StoredResponse {
  return {
    scenario,
    rollout,
    prompt: row.prompt,
    ...(row.systemPrompt === undefined ? {} : { system_prompt: row.systemPrompt }),
    response: model.decode(ids),
    finish,
    prompt_ids: promptIds,
    response_ids: ids,
  };
}
