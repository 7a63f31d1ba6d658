import { heldOutQuestions } from "../../domain/held-out.ts";
import type { RefineTask } from "../../domain/task.ts";
import { choose, splitOf, summarise, type Split } from "../effect.ts";
import { finerGrid } from "../refinement.ts";
import { askAndJudge, type Answer } from "./answers.ts";
import { onlyTask, outputPath, type Executor } from "./context.ts";
import { tryNullDirections } from "./null-directions.ts";
import { steeringLines, type Evaluated, type StoredEvaluation } from "./steering-files.ts";
import { readBaseline, readSteered, readVectors, upstream } from "./steering-inputs.ts";

/** A finer grid where a search's answers lose their coherence, and random directions if it finds a better coefficient. */
export const runRefine: Executor<RefineTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { params } = task;
  const vectors = readVectors(upstream(task, "vectors", context), context);
  const baseline = readBaseline(task, context);
  const split = splitOf(heldOutQuestions(baseline.responses.length, params.heldOut));
  const searched = readSteered(upstream(task, "steering", context), context).filter(
    ({ method }) => method === params.method,
  );
  const best = choose(searched, split, params.minCoherence);
  const layers = params.layers === "best" ? layerToRefine(searched, best, split) : params.layers;
  const grid = layers.flatMap((layer) =>
    finerGrid(pointsAt(layer, searched, split), params.minCoherence, params.points).map((coefficient) => ({
      layer,
      coefficient,
    })),
  );
  const configurations = grid.map(({ layer, coefficient }) => ({ steering: [{ layer, vector: layer, coefficient }] }));
  const answers = await askAndJudge(params, configurations, vectors, "finer grid", context);
  const evaluated = grid.map((point, index): Evaluated => ({ ...point, scores: answers[index] as Answer[] }));
  const better = choose([...searched, ...evaluated], split, params.minCoherence);
  const isNew = evaluated.some((one) => one === better);
  const random = better !== undefined && isNew ? await tryNullDirections(params, better, context) : [];
  const { results, responses } = steeringLines(params, baseline, evaluated, random, context);
  const outputs = new Map([
    [outputPath(task, "refined.jsonl"), results],
    [outputPath(task, "refined_responses.jsonl"), responses],
  ]);
  return new Map([[task.id, outputs]]);
};

/** Of a search without a coherent evaluation: the layer that came nearest. */
function layerToRefine(
  searched: readonly StoredEvaluation[],
  best: StoredEvaluation | undefined,
  { selecting }: Split,
): number[] {
  if (best !== undefined) return [best.layer];
  const coherence = (one: StoredEvaluation) => summarise(one.scores, selecting).coherence_mean ?? -1;
  const [nearest] = searched.toSorted((a, b) => coherence(b) - coherence(a));
  return nearest === undefined ? [] : [nearest.layer];
}

function pointsAt(layer: number, searched: readonly StoredEvaluation[], { selecting }: Split) {
  return searched
    .filter((one) => one.layer === layer)
    .map(({ coefficient, scores }) => ({ coefficient, coherence: summarise(scores, selecting).coherence_mean }));
}
