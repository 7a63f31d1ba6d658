import type { Dtype } from "../../domain/engine.ts";
import type { WeightsStep } from "../../domain/task-params.ts";
import type { Task } from "../../domain/task.ts";
import type { Pair, Similarity } from "../bind/phases.ts";
import { digestOf } from "../digest.ts";
import type { SimilaritySpec, WeightAnalysisSpec } from "../lower/spec.ts";
import { captureCost, replayCost, similarityCost, tableCost, type Size } from "./cost.ts";
import type { Inputs } from "./inputs.ts";
import { named } from "./named.ts";
import { captureNames, PROMPTS, replayNames, similarityNames, weightsNames } from "./paths.ts";

/** Matrices of a layer: q, k, v, o, gate, up and down. */
const MATRICES = 7;

export interface AnalysisContext {
  readonly inputs: Inputs;
  readonly size: Size;
  readonly dtype: Dtype;
  /** Of all vectors. */
  readonly vectors: readonly string[];
  readonly after: readonly string[];
}

/** What training changed in the weights. */
export function weightsTasks(spec: WeightAnalysisSpec, { from, to }: Pair, context: AnalysisContext): Task[] {
  const { inputs, size, vectors } = context;
  return spec.steps.map((step): Task => {
    const withNull = step === "trait_alignment";
    return named(weightsNames(step), spec.place, {
      kind: "weights",
      phase: "weights",
      params: {
        step,
        from: from.value,
        to: to.value,
        topK: step === "logit_lens" ? spec.topK : 0,
        nullDirections: withNull ? spec.nullDirections.value : 0,
        nullSeed: withNull && spec.nullDirections.value > 0 ? spec.nullSeed : 0,
      },
      inputs: { from_weights: inputs.weights(from.value), to_weights: inputs.weights(to.value) },
      // The weights alone say what changed; the vectors, what that means.
      needs: step === "norms" ? [] : vectors,
      after: [],
      cost: tableCost(numbersOf(step, spec, size, vectors.length)),
    });
  });
}

function numbersOf(step: WeightsStep, spec: WeightAnalysisSpec, { layers }: Size, vectorSets: number): number {
  if (step === "norms") return layers * MATRICES * 3;
  // A token is its id, text and value, twice: toward and away. A vector set has seven measures, of which two are of eight
  // directions, each a value and a percentile; the null has as many, and the changes themselves about as many.
  if (step === "logit_lens") return layers * (1 + vectorSets) * spec.topK * 2 * 6;
  return layers * (2 + vectorSets) * 42;
}

/** Prompts, their capture and its replays, and how alike the two are. */
export function similarityTasks(
  spec: SimilaritySpec,
  bound: Similarity,
  prompts: ReadonlyMap<string, readonly string[]>,
  steeringFrom: (variant: string) => readonly string[],
  minCoherence: number,
  context: AnalysisContext,
): Task[] {
  const { inputs, size, dtype, after } = context;
  const { captured, replayed } = bound;
  const asked = bound.prompts.map(({ trait, dataset }) => [trait.value, prompts.get(dataset.value) ?? []] as const);
  const count = asked.reduce((sum, [, questions]) => sum + questions.length, 0);
  const maxNewTokens = spec.maxNewTokens?.value ?? 1;
  const { raw } = spec;
  const greedy = spec.temperature === 0;
  const common = { phase: "similarity", after } as const;
  const model = (variant: string) => ({
    weights: inputs.weights(variant),
    prompt_format: inputs.promptFormat(variant),
  });
  const set = named(PROMPTS, spec.place, {
    ...common,
    kind: "prompts",
    params: { from: "steering_questions", traits: asked.map(([trait]) => trait) },
    inputs: { questions: digestOf(asked.map(([, questions]) => questions)) },
    needs: [],
    cost: tableCost(count * 10),
  });
  const capture = named(captureNames(captured.value, count, raw), captured.place, {
    ...common,
    kind: "capture",
    params: {
      variant: captured.value,
      maxNewTokens,
      temperature: spec.temperature,
      // Greedy decoding draws nothing.
      topP: greedy ? 1 : spec.topP,
      seed: greedy ? 0 : spec.seed,
      dtype,
      raw,
    },
    inputs: model(captured.value),
    needs: [set.id],
    cost: captureCost(count, maxNewTokens, raw, size),
  });
  const compared = replayed.flatMap((variant): Task[] => {
    const replay = named(replayNames(variant.value, count, raw), variant.place, {
      ...common,
      kind: "replay",
      params: { variant: variant.value, dtype, raw },
      inputs: model(variant.value),
      needs: [capture.id],
      cost: replayCost(count, maxNewTokens, raw, size),
    });
    const similarity = named(similarityNames(variant.value, replayed.length > 1), spec.place, {
      ...common,
      kind: "similarity",
      params: { captured: captured.value, replayed: variant.value, minCoverage: spec.minCoverage, minCoherence },
      inputs: {},
      needs: [capture.id, replay.id, ...steeringFrom(variant.value)],
      cost: similarityCost(count, maxNewTokens, size),
    });
    return [replay, similarity];
  });
  return [set, capture, ...compared];
}
