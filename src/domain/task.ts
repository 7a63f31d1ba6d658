import type * as P from "./task-params.ts";

/**
 * The plan's unit of work. `params` and `inputs` are its identity (see fingerprint); where its files lie on this
 * machine is not. Kinds are a closed union: the compiler makes them, the runtime has one executor for each.
 */
export type Task =
  | ResponsesTask
  | VettingTask
  | ActivationsTask
  | VectorsTask
  | BaselineTask
  | PromptedTask
  | SteeringTask
  | RefineTask
  | SelectionTask
  | CombinationTask
  | WeightsTask
  | PromptsTask
  | CaptureTask
  | ReplayTask
  | SimilarityTask
  | CheckpointTask
  | ResultsTask;
export type TaskKind = Task["kind"];

interface TaskOf<Kind extends string, Params> {
  /** Readable, stable, unique, made from values only: `vectors/tiny_natural/sycophancy/base/response__5/probe`. */
  readonly id: string;
  readonly kind: Kind;
  readonly phase: Phase;
  /** Expanded parameters, JSON only, all defaults filled in. */
  readonly params: Params;
  /** Digests of what is read besides upstream tasks: weights, dataset rows, definition, questions, judge templates. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Ids of upstream tasks. */
  readonly needs: readonly string[];
  /** Ids of checkpoints that must hold before this one starts. They order and gate; they are no part of its identity. */
  readonly after: readonly string[];
  /** Paths relative to the experiment's folder, `/`-separated. */
  readonly outputs: readonly string[];
  readonly cost: TaskCost;
  /** Where in the spec this task comes from, for messages. Not identity. */
  readonly origin: string;
}

export type Phase = (typeof PHASES)[number];
export const PHASES = ["extraction", "steering", "combinations", "weights", "similarity", "results"] as const;

/** Upper bounds: an answer may stop early. */
export interface TaskCost {
  readonly generations: number;
  readonly newTokens: number;
  readonly judgeCalls: number;
  /** Tokens that the judge reads; an estimate. */
  readonly judgeTokens: number;
  readonly bytes: number;
}

/** One response set: every row of a dataset's two polarities through a variant, `rollouts` times. */
export type ResponsesTask = TaskOf<"responses", P.ResponsesParams>;
/** The judge's scores of one response set, and which responses are kept for vectors. */
export type VettingTask = TaskOf<"vetting", P.VettingParams>;
/** Residuals of one response set, averaged at one position. Tasks of one response set share a forward pass. */
export type ActivationsTask = TaskOf<"activations", P.ActivationsParams>;
/** One vector a layer from one activation set. */
export type VectorsTask = TaskOf<"vectors", P.VectorsParams>;
/** Unsteered answers to a dataset's steering questions, judged, and the application model's residual norms on them. */
export type BaselineTask = TaskOf<"baseline", P.BaselineParams>;
/** The same questions, unsteered, after each of the trait's positive system prompts: what a vector has to beat. */
export type PromptedTask = TaskOf<"prompted", P.PromptedParams>;
/** The adaptive search of one vector set over layers, and its random-direction null. */
export type SteeringTask = TaskOf<"steering", P.SteeringParams>;
/** A grid of coefficients around the one at which a vector's answers lose their coherence. */
export type RefineTask = TaskOf<"refine", P.RefineParams>;
/** The best vector of one trait and source, among all its searches: what `best(...)` means further on. */
export type SelectionTask = TaskOf<"selection", P.SelectionParams>;
/** One strategy that steers with the best vectors of several sources at once. */
export type CombinationTask = TaskOf<"combination", P.CombinationParams>;
/** What training changed between two variants of one shape. */
export type WeightsTask = TaskOf<"weights", P.WeightsParams>;
/** The steering questions of several traits as one list with ids and notes. */
export type PromptsTask = TaskOf<"prompts", P.PromptsParams>;
/** A variant's responses to a prompt set, and its residual stream over them. */
export type CaptureTask = TaskOf<"capture", P.CaptureParams>;
/** Another variant's residual stream over the same response tokens. */
export type ReplayTask = TaskOf<"replay", P.ReplayParams>;
/** How alike two variants' residual streams are, and whether that goes with how vectors transfer. */
export type SimilarityTask = TaskOf<"similarity", P.SimilarityParams>;
/** A gate after a phase: fails when something expected is not so. */
export type CheckpointTask = TaskOf<"checkpoint", P.CheckpointParams>;
/** The tables of everything that was steered. */
export type ResultsTask = TaskOf<"results", P.ResultsParams>;
