import type { VectorsTask } from "../../domain/task.ts";
import { plural } from "../units.ts";
import { doneTasks, missingWords, plannedTasks, readJson, type Made } from "./made.ts";
import type { Answer, Section, Table } from "./view.ts";
import { columns, setName, spread } from "./words.ts";

/** A vector set's metadata.json, as far as it is read here. */
interface Metadata {
  readonly n_layers: number;
  readonly n_pos?: number;
  readonly n_neg?: number;
  readonly n_val_pos?: number;
  readonly n_val_neg?: number;
  readonly layers: readonly {
    readonly layer: number;
    readonly train_acc?: number | null;
    readonly val_acc?: number | null;
  }[];
}

interface Checkpoint {
  readonly checkpoint: string;
  readonly findings: readonly { readonly what: string; readonly holds: boolean }[];
}

export function extractionSection(made: Made): Section {
  const sets = doneTasks(made, "vectors").map((task) => ({
    task,
    metadata: readJson(made, task, "metadata.json") as Metadata,
  }));
  const planned = plannedTasks(made, "vectors").length;
  const layers = [...new Set(sets.map(({ metadata }) => metadata.n_layers))];
  return {
    id: "extraction",
    title: "Extraction",
    missing: missingWords(made, "extraction"),
    answers: [
      {
        question: "Are all vector sets there?",
        answer: sets.length === planned ? "Yes." : "Not yet.",
        detail: `${sets.length} of ${plural(planned, "vector set")}${sets.length === 0 ? "" : `, ${layers.join(" or ")} layers each`}.`,
      },
      ...heldOutAnswer(sets),
      ...checkpointAnswers(made, "after_extraction"),
    ],
    tables: sets.length === 0 ? [] : [tableOf(sets)],
    pictures: [],
    notes:
      sets.length === 0
        ? []
        : [
            "Accuracy: share of rows on the right side of the vector's threshold, from the worst layer to the best; held out: on scenarios that no vector was fitted on.",
          ],
  };
}

type VectorSets = readonly { readonly task: VectorsTask; readonly metadata: Metadata }[];

/** The accuracy of each set's best layer: a set is used at one layer. */
function heldOutAnswer(sets: VectorSets): Answer[] {
  const best = sets.flatMap(({ task, metadata }) => {
    const known = metadata.layers.flatMap(({ val_acc: accuracy }) => accuracy ?? []);
    return known.length === 0 ? [] : [{ name: setName(task.params), accuracy: Math.max(...known) }];
  });
  const [least] = best.toSorted((a, b) => a.accuracy - b.accuracy);
  if (least === undefined) return [];
  return [
    {
      question: "Do the vectors tell the classes apart on scenarios that were held out?",
      answer: `Accuracy ${spread(best.map(({ accuracy }) => accuracy))}.`,
      detail: `Each set at its best layer; least: ${least.name}. Chance is 0.5.`,
    },
  ];
}

/** What a gate found, if the spec has it. One that does not hold leaves no artifact. */
export function checkpointAnswers(made: Made, name: "after_extraction" | "after_steering"): Answer[] {
  const task = plannedTasks(made, "checkpoint").find(({ params }) => params.name === name);
  if (task === undefined) return [];
  const question = `Does the checkpoint ${name} hold?`;
  if (!made.isDone(task.id)) return [{ question, answer: "Not known.", detail: "It has not run, or it did not hold." }];
  const { findings } = readJson(made, task, `${name}.json`) as Checkpoint;
  return [{ question, answer: "Yes.", detail: `All ${plural(findings.length, "finding")}.` }];
}

function tableOf(sets: VectorSets): Table {
  return {
    caption: "Vector sets",
    isFolded: true,
    columns: columns(
      ["dataset", "variant", "position", "method"],
      ["layers", "rows fitted on", "rows held out", "accuracy", "accuracy, held out"],
    ),
    rows: sets.map(({ task: { params }, metadata }) => [
      params.dataset,
      params.variant,
      params.position,
      params.method,
      String(metadata.n_layers),
      sumWords(metadata.n_pos, metadata.n_neg),
      sumWords(metadata.n_val_pos, metadata.n_val_neg),
      rangeWords(metadata.layers.map(({ train_acc: accuracy }) => accuracy)),
      rangeWords(metadata.layers.map(({ val_acc: accuracy }) => accuracy)),
    ]),
  };
}

function sumWords(one: number | undefined, other: number | undefined): string {
  return one === undefined || other === undefined ? "–" : String(one + other);
}

/** `0.92 … 0.97` */
function rangeWords(values: readonly (number | null | undefined)[]): string {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? "–" : `${Math.min(...known).toFixed(2)} … ${Math.max(...known).toFixed(2)}`;
}
