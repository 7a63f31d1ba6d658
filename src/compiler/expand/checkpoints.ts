import type { CheckpointParams } from "../../domain/task-params.ts";
import type { Task } from "../../domain/task.ts";
import type { CheckpointsSpec } from "../lower/spec.ts";
import { resultsCost } from "./cost.ts";
import { named } from "./named.ts";
import { checkpointNames } from "./paths.ts";

/** What nothing is expected of. */
const NOTHING = { vectorSets: null, layersEach: null, coherence: null, stopIf: null } as const;

/** Looks at every vector before anything is steered. */
export function extractionCheckpoint(
  spec: CheckpointsSpec,
  vectors: readonly string[],
  traits: number,
): Task | undefined {
  if (spec.extraction === undefined) return undefined;
  const { place, vectorSets, layersEach } = spec.extraction;
  const params: CheckpointParams = {
    ...NOTHING,
    name: "after_extraction",
    vectorSets: vectorSets === undefined ? null : vectorSets.value * traits,
    layersEach: layersEach?.value ?? null,
  };
  return checkpoint(params, "extraction", place, vectors);
}

/** Looks at every search before what is found is used further. */
export function steeringCheckpoint(spec: CheckpointsSpec, searches: readonly string[]): Task | undefined {
  if (spec.steering === undefined) return undefined;
  const { place, coherence, stopIf } = spec.steering;
  const params: CheckpointParams = {
    ...NOTHING,
    name: "after_steering",
    coherence: coherence ?? null,
    stopIf: stopIf ?? null,
  };
  return checkpoint(params, "steering", place, searches);
}

function checkpoint(
  params: CheckpointParams,
  phase: Task["phase"],
  place: Parameters<typeof named>[1],
  needs: readonly string[],
): Task {
  return named(checkpointNames(params.name), place, {
    kind: "checkpoint",
    phase,
    params,
    inputs: {},
    needs,
    after: [],
    cost: resultsCost(1),
  });
}
