import type { Experiment } from "../../domain/experiment.ts";
import type { ProviderFacts } from "../../domain/machine.ts";
import { chooseProvider, type Placement } from "../../engine/index.ts";
import { failureOf, type Failure } from "../failures.ts";
import { reachJudge, type JudgeReach } from "../judge/reach.ts";
import { examineModels, type ModelFacts } from "./examine-models.ts";
import type { ReadySpec } from "./ready-spec.ts";
import type { MachineFacts } from "./machine.ts";
import { loadedTogether } from "./together.ts";
import { memoryVerdict, type MemoryVerdict } from "./verdict.ts";

/** What a spec needs of the machine, and what of it is there. */
export interface SpecFacts {
  readonly status: "valid";
  readonly file: string;
  readonly experiment: string;
  readonly engine: Experiment["engine"];
  /** Where its models would run, and in what; or why nowhere. */
  readonly placement: Placement | Failure;
  readonly models: readonly ModelFacts[];
  /** Of the models that need most at once; undefined where the free memory is not known, or a model's size. */
  readonly memory: (MemoryVerdict & { readonly variants: readonly string[] }) | undefined;
  /** What apply will write at most. */
  readonly outputBytes: number;
  readonly judge: JudgeFacts | undefined;
}

export type JudgeFacts =
  | { readonly provider: "local"; readonly variant: string }
  | {
      readonly provider: "openai";
      readonly model: string;
      readonly baseUrl: string;
      readonly apiKeyEnv: string | undefined;
      /** The environment variable holds something. What it holds is told to nobody. */
      readonly hasKey: boolean;
      /** Undefined when it was not asked for. */
      readonly reach: JudgeReach | undefined;
    };

export interface SpecRequest {
  readonly machine: MachineFacts;
  readonly providers: ProviderFacts;
  /** Whether to ask the judge's server if it is there. */
  readonly checkJudge: boolean;
}

export async function examineSpec(spec: ReadySpec, request: SpecRequest): Promise<SpecFacts> {
  const { status, file, experiment, outputBytes } = spec;
  const placement = place(experiment);
  // What cannot be placed is measured as it would be on the CPU.
  const where = "provider" in placement ? placement : ({ provider: "cpu", type: "float32" } as const);
  const models = examineModels(experiment, where);
  return {
    status,
    file,
    experiment: experiment.name,
    engine: experiment.engine,
    placement,
    models,
    memory: largest(experiment, models, freeBytesFor(where, request)),
    outputBytes,
    judge: await judgeFacts(experiment, request.checkJudge),
  };
}

function place({ engine }: Experiment): SpecFacts["placement"] {
  try {
    return chooseProvider(engine.provider, engine.dtype);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

/** Undefined where it is not known. */
function freeBytesFor({ provider }: Placement, { machine, providers }: SpecRequest): number | undefined {
  if (provider === "cpu") return machine.memory.freeBytes;
  const { nvidia } = providers;
  return nvidia.status === "ok" ? nvidia.gpus.find(({ visible }) => visible)?.freeBytes : undefined;
}

function largest(
  experiment: Experiment,
  models: readonly ModelFacts[],
  freeBytes: number | undefined,
): SpecFacts["memory"] {
  if (freeBytes === undefined) return undefined;
  const known = new Map(models.map(({ variant, memory }) => [variant, memory]));
  let most: SpecFacts["memory"];
  for (const variants of loadedTogether(experiment)) {
    const memories = variants.flatMap((variant) => known.get(variant) ?? []);
    if (memories.length < variants.length) return undefined;
    const verdict = memoryVerdict(memories, freeBytes, experiment.engine.maxBatchTokens);
    if (most === undefined || verdict.neededBytes > most.neededBytes) most = { ...verdict, variants };
  }
  return most;
}

async function judgeFacts({ judge }: Experiment, checkJudge: boolean): Promise<JudgeFacts | undefined> {
  if (judge === undefined) return undefined;
  if (judge.provider === "local") return { provider: "local", variant: judge.variant };
  const { provider, model, baseUrl, apiKeyEnv } = judge;
  const key = apiKeyEnv === undefined ? undefined : process.env[apiKeyEnv] || undefined;
  const reach = checkJudge ? await reachJudge(baseUrl, key) : undefined;
  return { provider, model, baseUrl, apiKeyEnv, hasKey: key !== undefined, reach };
}
