/**
 * What the runtime asks of an engine, and what an engine answers. Types only: the engine implements them, the runtime
 * uses them, and neither knows the other's files.
 */

/** Text as the model is to see it: as it is, or through the tokenizer's chat template with a generation prompt. */
export type Prompt =
  | { readonly format: "raw"; readonly text: string }
  | { readonly format: "chat"; readonly messages: readonly ChatMessage[] };

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export type Provider = "cpu" | "cuda" | "webgpu";

export const DTYPES = ["auto", "float32", "float16", "bfloat16"] as const;
/** What a model computes in. `auto`: the first of its provider's. */
export type Dtype = (typeof DTYPES)[number];
export type FloatType = Exclude<Dtype, "auto">;

export const DTYPES_OF: Readonly<Record<Provider, readonly FloatType[]>> = {
  cpu: ["float32"],
  cuda: ["bfloat16", "float16"],
  webgpu: ["float16", "float32"],
};

export interface ModelOptions {
  /** Folder in Hugging Face layout: config.json, *.safetensors (or an index of shards), tokenizer.json, ... */
  readonly weightsDir: string;
  readonly provider: Provider | "auto";
  /** Tokens in one forward pass, padding included: the memory bound. Never changes a result. */
  readonly maxBatchTokens: number;
  readonly dtype?: Dtype;
  /** On the CPU; one a physical core when left out. Never changes a result. */
  readonly threads?: number | undefined;
  /** Told, for people, how a device's memory is shared out, and when it ran out and less is used. */
  readonly onNotice?: (message: string) => void;
}

/** Adds coefficient · vectors[vector] to the output of block `layer` (0-indexed) at every token of the row. */
export interface RowSteering {
  readonly layer: number;
  readonly vector: number;
  readonly coefficient: number;
}

export type Sampling =
  | { readonly temperature: 0 }
  | {
      readonly temperature: number;
      readonly topP: number;
      /** Seeds this row alone, so that its text never depends on its neighbours in the batch. */
      readonly seed: string;
    };

export interface GenerateRow {
  readonly promptIds: readonly number[];
  readonly maxNewTokens: number;
  readonly sampling: Sampling;
  /** At most one entry a layer. */
  readonly steering: readonly RowSteering[];
}

export interface Generated {
  /** New token ids, without the end token. */
  readonly ids: readonly number[];
  readonly finish: "eos" | "length";
}

export interface CaptureRow {
  readonly ids: readonly number[];
  /** Token indices (absolute in `ids`) whose residuals are averaged, one list a pool; every list has an entry. */
  readonly pools: readonly (readonly number[])[];
}

export interface Captured {
  /** Mean residual stream per pool: [pool, layer, hidden], layer L = output of block L. */
  readonly means: Float32Array;
  /** Mean over the pool's tokens of the residual's L2 norm: [pool, layer]. */
  readonly norms: Float32Array;
}

export interface Progress {
  readonly rowsDone: number;
  readonly rows: number;
  readonly tokens: number;
}

/** A loaded model. Calls are queued: one runs at a time. Rejects with EngineFailure. */
export interface Model {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly provider: Provider;
  /** Token ids of a prompt, special tokens included (raw: what the tokenizer's post-processor adds, e.g. BOS). */
  encode(prompt: Prompt): number[];
  /** Text of generated ids, special tokens skipped. */
  decode(ids: readonly number[]): string;
  /** Text of ids, special tokens as they are spelled. */
  spell(ids: readonly number[]): string;
  /** Token ids of a text as part of a longer one: nothing is added. */
  tokenIds(text: string): number[];
  /** Results in the rows' order. `vectors` are indexed by RowSteering.vector; each is [hidden]. */
  generate(
    rows: readonly GenerateRow[],
    vectors: readonly Float32Array[],
    onProgress?: (progress: Progress) => void,
  ): Promise<Generated[]>;
  capture(rows: readonly CaptureRow[], onProgress?: (progress: Progress) => void): Promise<Captured[]>;
  /** Probability of each of `tokenIds` as the next token after each prompt, softmax over the whole vocabulary: [row][token]. */
  nextTokenProbabilities(
    promptIds: readonly (readonly number[])[],
    tokenIds: readonly number[],
    onProgress?: (progress: Progress) => void,
  ): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** What can go wrong in an engine through no fault of ours. */
export type EngineFailureKind =
  | "weights-missing"
  | "weights-damaged"
  | "unsupported-model"
  | "prompt-too-long"
  | "provider-missing"
  | "not-finite"
  | "runtime";

export class EngineFailure extends Error {
  readonly kind: EngineFailureKind;
  readonly hint: string;
  constructor(kind: EngineFailureKind, message: string, hint: string) {
    super(message);
    this.name = "EngineFailure";
    this.kind = kind;
    this.hint = hint;
  }
}
