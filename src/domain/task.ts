import type { JsonValue } from "../util/json.ts";

/**
 * The plan's unit of work. `params` and `inputs` are its identity (see fingerprint); where its files lie on this
 * machine is not. Kinds are a closed union: the compiler makes them, the runtime has one executor for each.
 */
export type Task = ResponsesTask | ActivationsTask | VectorsTask | BaselineTask | SteeringTask | ResultsTask;
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
  /** Paths relative to the experiment's folder, `/`-separated. */
  readonly outputs: readonly string[];
  readonly cost: TaskCost;
  /** Where in the spec this task comes from, for messages. Not identity. */
  readonly origin: string;
}

export type Phase = "extraction" | "steering" | "results";
export const PHASES: readonly Phase[] = ["extraction", "steering", "results"];

/** Upper bounds: an answer may stop early. */
export interface TaskCost {
  readonly generations: number;
  readonly newTokens: number;
  readonly judgeCalls: number;
  readonly bytes: number;
}

/** One response set: every row of a dataset's two polarities through a variant, `rollouts` times. */
export type ResponsesTask = TaskOf<"responses", ResponsesParams>;
export interface ResponsesParams extends JsonObjectLike {
  /** `<set>/<trait>` */
  readonly dataset: string;
  readonly variant: string;
  readonly maxNewTokens: number;
  readonly rollouts: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

/** Residuals of one response set, averaged at one position. Tasks of one response set share a forward pass. */
export type ActivationsTask = TaskOf<"activations", ActivationsParams>;
export interface ActivationsParams extends JsonObjectLike {
  readonly dataset: string;
  readonly variant: string;
  /** As written by formatPosition, e.g. `response[:5]`. */
  readonly position: string;
  readonly component: "residual";
}

export type VectorsTask = TaskOf<"vectors", VectorsParams>;
export interface VectorsParams extends ActivationsParams {
  readonly method: string;
}

/** Unsteered answers to a dataset's steering questions, judged, and the application model's residual norms on them. */
export type BaselineTask = TaskOf<"baseline", BaselineParams>;
export interface BaselineParams extends JsonObjectLike {
  readonly dataset: string;
  readonly trait: string;
  readonly application: string;
  readonly maxNewTokens: number;
  readonly judge: JudgeParams;
}

/** Which judge, as identity: a local judge's weights are among the task's inputs as `judge_weights`. */
export type JudgeParams =
  | { readonly provider: "local"; readonly variant: string }
  | { readonly provider: "openai"; readonly model: string; readonly baseUrl: string };

/** The adaptive search of one vector set over layers, and its random-direction null. */
export type SteeringTask = TaskOf<"steering", SteeringParams>;
export interface SteeringParams extends VectorsParams {
  readonly trait: string;
  readonly application: string;
  readonly layers: readonly number[];
  readonly maxNewTokens: number;
  readonly search: SearchParams;
  /** Random unit directions tried at the best layer and coefficient; their mean Δ is the null. */
  readonly nullDirections: number;
  readonly nullSeed: number;
  readonly judge: JudgeParams;
}
export interface SearchParams extends JsonObjectLike {
  readonly algorithm: "adaptive";
  readonly evaluations: number;
  readonly start: number;
  readonly up: number;
  readonly down: number;
  readonly momentum: number;
  readonly minCoherence: number;
}

export type ResultsTask = TaskOf<"results", ResultsParams>;
export interface ResultsParams extends JsonObjectLike {
  readonly minCoherence: number;
}

/** Params go into fingerprints and files: nothing but JSON. */
type JsonObjectLike = Readonly<Record<string, JsonValue>>;
