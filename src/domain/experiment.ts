import type { Dtype, Prompt, Provider } from "./engine.ts";
import type { Price } from "./price.ts";
import type { Task } from "./task.ts";
import type { WeightsLocation } from "./weights.ts";

/** A spec after every pass: names bound, files read, defaults filled in, expanded into ordered tasks. */
export interface Experiment {
  readonly name: string;
  /** Absolute: where artifacts and state go. */
  readonly folder: string;
  /** Absolute: the folder that specs' relative names (datasets/, config/models/, templates/) are looked up in. */
  readonly projectDir: string;
  readonly variants: ReadonlyMap<string, Variant>;
  readonly application: string;
  readonly engine: EngineOptions;
  /** Absent when nothing is judged. */
  readonly judge: Judge | undefined;
  /** What the judge is asked, by trait; none when nothing is judged. */
  readonly judgeTemplates: ReadonlyMap<string, JudgeTemplates>;
  /** By `<set>/<trait>`. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  /** Questions that are prompts of the similarity analysis, by trait. */
  readonly prompts: ReadonlyMap<string, readonly string[]>;
  /** Topological, stable order. */
  readonly tasks: readonly Task[];
  /** Digest of the expanded spec, for saved results. */
  readonly digest: string;
}

export interface EngineOptions {
  readonly provider: Provider | "auto";
  readonly maxBatchTokens: number;
  readonly dtype: Dtype;
  /** CUDA's numbers of the GPUs that each get a process; undefined: one process, on the first. */
  readonly devices: readonly number[] | "auto" | undefined;
  /** Processes that run models on whatever else. */
  readonly workers: number;
}

export interface Variant {
  readonly name: string;
  /** The model's name: config/models/<model>.yaml. */
  readonly model: string;
  /** Absolute folder of the weights; as the model's file says it where they are not on this machine, or not used. */
  readonly weightsDir: string;
  readonly promptFormat: Prompt["format"];
  readonly layers: number;
  readonly hiddenSize: number;
  /** Identity of the weights; undefined when they are not on this machine. */
  readonly weightsDigest: string | undefined;
  /** Where they come from; undefined for a variant that the experiment does not run. */
  readonly weightsLocation: WeightsLocation | undefined;
  /** How many numbers they are; undefined where the model's file does not say. */
  readonly parameters: number | undefined;
}

export interface JudgeTemplates {
  readonly trait: JudgeTemplate;
  readonly coherence: JudgeTemplate;
}

export interface JudgeTemplate {
  /** Relative to the project. */
  readonly file: string;
  /** The file as it is. */
  readonly text: string;
  /** Handlebars: the file without the words that it ends in. */
  readonly prompt: string;
  /** Left out: the judge is asked for a number. */
  readonly words?: JudgeWords;
}

/** What a local judge goes on with: `low` is a score of 0, `high` one of 100. With the space before them. */
export interface JudgeWords {
  readonly low: string;
  readonly high: string;
}

export type Judge =
  | { readonly provider: "local"; readonly variant: string }
  | {
      readonly provider: "openai";
      readonly model: string;
      readonly baseUrl: string;
      /** Name of the environment variable; the secret itself is never stored. */
      readonly apiKeyEnv: string | undefined;
      readonly maxConcurrency: number;
      /** Replies that a score is the mean of; 0: read from the first token's distribution. */
      readonly samples: number;
      /** Answers that may be paid for; undefined: no limit. */
      readonly maxCalls: number | undefined;
      /** Of a million tokens; undefined when the spec does not say. */
      readonly price: Price | undefined;
    };

export interface Dataset {
  /** `<set>/<trait>` */
  readonly ref: string;
  readonly positive: readonly DatasetRow[];
  readonly negative: readonly DatasetRow[];
  /** The judge's rubric, word for word, trimmed. */
  readonly definition: string;
  readonly questions: readonly string[];
}

export interface DatasetRow {
  readonly prompt: string;
  readonly systemPrompt?: string;
}
