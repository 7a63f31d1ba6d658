import type { Dataset } from "../../domain/experiment.ts";
import type { JudgeParams, Task } from "../../domain/task.ts";
import type { Cell } from "../bind/cell.ts";
import type { JudgeSpec, SteeringSpec } from "../lower/spec.ts";
import { baselineCost, resultsCost, steeringCost } from "./cost.ts";
import { activationsParams, named } from "./extraction.ts";
import type { Inputs } from "./inputs.ts";
import { RESULTS_ID, RESULTS_OUTPUTS, baselineNames, steeringNames, vectorsNames } from "./paths.ts";

export interface SteeringContext {
  readonly steering: SteeringSpec;
  readonly maxNewTokens: number;
  readonly layers: readonly number[];
  readonly application: string;
  readonly judge: JudgeParams;
  readonly inputs: Inputs;
}

/** How a judge enters identities: not how fast it is asked, nor with which key. */
export function judgeParams(judge: JudgeSpec): JudgeParams {
  if (judge.provider === "local") return { provider: "local", variant: judge.variant.value };
  return { provider: "openai", model: judge.model, baseUrl: judge.baseUrl };
}

export function baselineTask(cell: Cell, dataset: Dataset, context: SteeringContext): Task {
  const { application, maxNewTokens, judge, inputs } = context;
  return {
    ...named(baselineNames(dataset.ref, application), cell.dataset.place),
    kind: "baseline",
    phase: "steering",
    params: { dataset: dataset.ref, trait: cell.trait.value, application, maxNewTokens, judge },
    inputs: inputs.judged(dataset.ref, application),
    needs: [],
    cost: baselineCost(dataset.questions.length, maxNewTokens),
  };
}

export function steeringTask(cell: Cell, dataset: Dataset, context: SteeringContext): Task {
  const { steering, application, maxNewTokens, layers, judge, inputs } = context;
  const { search, nullDirections, nullSeed } = steering;
  return {
    ...named(steeringNames(cell), cell.positionText.place),
    kind: "steering",
    phase: "steering",
    params: {
      ...activationsParams(cell),
      method: cell.method,
      trait: cell.trait.value,
      application,
      layers,
      maxNewTokens,
      search,
      nullDirections,
      // Nothing is drawn without directions.
      nullSeed: nullDirections === 0 ? 0 : nullSeed,
      judge,
    },
    inputs: inputs.judged(dataset.ref, application),
    needs: [vectorsNames(cell).id, baselineNames(dataset.ref, application).id],
    cost: steeringCost({
      questions: dataset.questions.length,
      layers: layers.length,
      search,
      nullDirections,
      maxNewTokens,
    }),
  };
}

export function resultsTask(steered: readonly string[], { steering }: SteeringContext): Task {
  return {
    ...named({ id: RESULTS_ID, outputs: RESULTS_OUTPUTS }, steering.place),
    kind: "results",
    phase: "results",
    params: { minCoherence: steering.search.minCoherence },
    inputs: {},
    needs: steered,
    cost: resultsCost(steered.length),
  };
}
