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

/** The spec's judge, or what another oracle answers. Throws RuntimeFailure `secret-missing` or `judge-unusable`. */
export async function openJudge(
  experiment: Experiment,
  models: ModelPool,
  signal: AbortSignal,
  oracle?: NumberOracle,
): Promise<Judge> {
  const answers = oracle ?? serverOracle(experiment, signal) ?? (await ownOracle(experiment, models));
  return createJudge(promptsByTrait(experiment.judgeTemplates), answers);
}

async function ownOracle(experiment: Experiment, models: ModelPool): Promise<NumberOracle> {
  const { judge } = experiment;
  if (judge?.provider !== "local") throw new Error("Internal error: the spec has no judge");
  const { promptFormat } = variantOf(experiment, judge.variant);
  return localOracle(await models.get(judge.variant), promptFormat, experiment.judgeTemplates.values());
}

/** Undefined where the judge is no server's. Throws RuntimeFailure `secret-missing`. */
export function serverOracle(experiment: Experiment, signal: AbortSignal): NumberOracle | undefined {
  const { judge } = experiment;
  if (judge?.provider !== "openai") return undefined;
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
