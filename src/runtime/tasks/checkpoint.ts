import { decodeSafetensors } from "../../domain/safetensors.ts";
import type { CheckpointTask } from "../../domain/task.ts";
import { norm } from "../../math/vector.ts";
import { effectOn, splitOf, summarise } from "../effect.ts";
import { RuntimeFailure } from "../failures.ts";
import { onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { allUpstream, readBaseline, readSteered } from "./steering-inputs.ts";

/** One thing that had to hold. */
interface Finding {
  readonly what: string;
  readonly holds: boolean;
}

/** Unit vectors are stored as fp32. */
const NORM_TOLERANCE = 1e-3;

/**
 * Looks at what a phase has made. Fails (RuntimeFailure `checkpoint-failed`) when something expected is not so: what waits
 * for the checkpoint is then blocked, and nothing is spent on it.
 */
export const runCheckpoint: Executor<CheckpointTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { name } = task.params;
  const findings = name === "after_extraction" ? ofVectors(task, context) : ofSearches(task, context);
  const failed = findings.filter(({ holds }) => !holds);
  if (failed.length > 0) {
    throw new RuntimeFailure(
      "checkpoint-failed",
      `The checkpoint ${name} does not hold: ${failed.map(({ what }) => what).join("; ")}.`,
      "Look at what was made (steerform show results), then mend the spec; or change what the checkpoint asks for.",
    );
  }
  const document = { format_version: 1, checkpoint: name, findings };
  return new Map([[task.id, new Map([[outputPath(task, `${name}.json`), `${JSON.stringify(document, null, 2)}\n`]])]]);
};

function ofVectors(task: CheckpointTask, context: TaskContext): Finding[] {
  const { vectorSets, layersEach } = task.params;
  const sets = allUpstream(task, "vectors", context);
  const counted: Finding[] =
    vectorSets === null
      ? []
      : [{ what: `${sets.length} vector sets of ${vectorSets}`, holds: sets.length === vectorSets }];
  return [
    ...counted,
    ...sets.flatMap((set): Finding[] => {
      const { data, shape } = decodeSafetensors(context.readFile(outputPath(set, "vectors.safetensors")), "vectors");
      const [layers = 0, hidden = 0] = shape;
      const lengths = Array.from({ length: layers }, (_, layer) =>
        norm(data.subarray(layer * hidden, (layer + 1) * hidden)),
      );
      return [
        ...(layersEach === null
          ? []
          : [{ what: `${set.id}: ${layers} layers of ${layersEach}`, holds: layers === layersEach }]),
        { what: `${set.id}: unit vectors`, holds: lengths.every((length) => Math.abs(length - 1) < NORM_TOLERANCE) },
      ];
    }),
  ];
}

function ofSearches(task: CheckpointTask, context: TaskContext): Finding[] {
  const { coherence, stopIf } = task.params;
  const searches = allUpstream(task, "steering", context).map((search) => {
    const unsteered = readBaseline(search, context).responses;
    const { selecting: questions } = splitOf(unsteered.map(() => false));
    const evaluations = readSteered(search, context);
    const delta = (one: (typeof evaluations)[number]) =>
      effectOn(questions, one.scores, unsteered, 0.95).delta ?? -Infinity;
    const own = evaluations.filter(({ method }) => method === search.params.method);
    const coherent = own.filter(({ scores }) => (summarise(scores).coherence_mean ?? -1) >= (coherence ?? 0));
    return {
      trait: search.params.trait,
      coherent: coherent.length > 0,
      delta: Math.max(-Infinity, ...coherent.map(delta)),
      random: Math.max(0, ...evaluations.filter(({ method }) => method !== search.params.method).map(delta)),
    };
  });
  return [...new Set(searches.map(({ trait }) => trait))].flatMap((trait): Finding[] => {
    const of = searches.filter((search) => search.trait === trait);
    return [
      ...(coherence === null
        ? []
        : [{ what: `${trait}: a vector with coherence ≥ ${coherence}`, holds: of.some((one) => one.coherent) }]),
      ...(stopIf === null
        ? []
        : [
            {
              what: `${trait}: a vector beyond its random directions`,
              holds: of.some((one) => one.delta > one.random),
            },
          ]),
    ];
  });
}
