import type { Experiment } from "../../domain/experiment.ts";
import { RuntimeFailure } from "../failures.ts";
import type { ModelPool } from "../model-pool.ts";
import { variantOf } from "../tasks/context.ts";
import { openAnswerCache } from "./answer-cache.ts";
import { createJudge } from "./judge.ts";
import { localOracle } from "./local.ts";
import { openAiOracle } from "./openai.ts";
import { promptsByTrait } from "./prompts.ts";
import type { Judge, NumberOracle } from "./types.ts";

/** The spec's judge. Throws RuntimeFailure `secret-missing` or `judge-unusable`. */
export async function openJudge(experiment: Experiment, models: ModelPool, signal: AbortSignal): Promise<Judge> {
  return createJudge(promptsByTrait(experiment.judgeTemplates), await openOracle(experiment, models, signal));
}

async function openOracle(experiment: Experiment, models: ModelPool, signal: AbortSignal): Promise<NumberOracle> {
  const { judge } = experiment;
  if (judge === undefined) throw new Error("Internal error: the spec has no judge");
  if (judge.provider === "local") {
    const { promptFormat } = variantOf(experiment, judge.variant);
    return localOracle(await models.get(judge.variant), promptFormat, experiment.judgeTemplates.values());
  }
  return openAiOracle({
    baseUrl: judge.baseUrl,
    model: judge.model,
    apiKey: readSecret(judge.apiKeyEnv),
    maxConcurrency: judge.maxConcurrency,
    samples: judge.samples,
    maxCalls: judge.maxCalls,
    cache: openAnswerCache(experiment.folder),
    signal,
  });
}

function readSecret(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const secret = process.env[name];
  if (secret === undefined || secret === "") {
    throw new RuntimeFailure(
      "secret-missing",
      `The environment variable ${name}, which judge.api_key_env names, is not set.`,
      `Set it and apply again: export ${name}=...`,
    );
  }
  return secret;
}
