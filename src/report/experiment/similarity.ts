import { spearman } from "../../math/correlation.ts";
import type { SimilarityDocument } from "../../runtime/tasks/similarity-document.ts";
import { plural } from "../units.ts";
import { doneTasks, missingWords, readJson, type Made } from "./made.ts";
import { similarityPictures } from "./similarity-pictures.ts";
import type { Answer, Section } from "./view.ts";
import { fewWords, fixed, pWords } from "./words.ts";
import type { Norms } from "./weights-documents.ts";

/** Positions that count as the beginning of a response. */
const EARLY = 3;

export function readSimilarity(made: Made): SimilarityDocument[] {
  return doneTasks(made, "similarity").map((task) => readJson(made, task, "results.json") as SimilarityDocument);
}

export function similaritySection(
  made: Made,
  documents: readonly SimilarityDocument[],
  norms: Norms | undefined,
): Section {
  return {
    id: "similarity",
    title: "Activation similarity",
    missing: missingWords(made, "similarity"),
    answers: documents.flatMap((document) => [
      profile(document),
      ...transfer(document),
      ...early(document),
      ...(norms === undefined ? [] : besideNorms(document, norms)),
    ]),
    tables: [],
    pictures: documents.flatMap(similarityPictures),
    notes: documents.flatMap(({ warnings }) => warnings),
  };
}

function profile({
  captured,
  replayed,
  n_prompts: prompts,
  per_layer_similarity: perLayer,
}: SimilarityDocument): Answer {
  const known = perLayer.mean.flatMap((mean, layer) => (mean === null ? [] : [{ mean, layer }]));
  const [first, last] = [known[0], known.at(-1)];
  const [least] = known.toSorted((a, b) => a.mean - b.mean);
  const at = (one: typeof first): string => (one === undefined ? "–" : `${fixed(one.mean, 3)} at layer ${one.layer}`);
  return {
    question: `How alike are ${captured} and ${replayed} over the same response tokens?`,
    ...(known.length === 0
      ? { answer: "Not known.", detail: "Every response is empty." }
      : {
          answer: `Mean cosine ${at(first)}, ${at(last)}.`,
          detail: `Least: ${at(least)}. Over ${plural(prompts, "prompt")}.`,
        }),
  };
}

function transfer({ replayed, correlations }: SimilarityDocument): Answer[] {
  return Object.entries(correlations).map(([dataset, found]) => ({
    question: `Does similarity go with how vectors of ${dataset} transfer from ${replayed}?`,
    ...(found.pearson_r === null || found.p_value === null
      ? { answer: "Not known.", detail: `There is no correlation over ${plural(found.n_points, "layer")}.` }
      : {
          answer: `${goesWith(found.pearson_r, found.p_value)} r = ${fixed(found.pearson_r)} (${pWords(found.p_value)}).`,
          detail: `Pearson's r over ${plural(found.n_points, "layer")}; Spearman ρ = ${fixed(found.spearman_rho)}. Exploratory${fewWords(found.n_points)}.`,
        }),
  }));
}

/** What a correlation says, in short. */
function goesWith(coefficient: number, p: number): string {
  if (p > 0.05) return "Not shown:";
  return coefficient > 0 ? "They rise together:" : "One falls as the other rises:";
}

/** The first tokens beside the others, the mean over layers. */
function early({ per_position_similarity: perPosition }: SimilarityDocument): Answer[] {
  const { positions, by_layer: byLayer } = perPosition;
  const meanOf = (wanted: (position: number) => boolean): number | undefined => {
    const values = Object.values(byLayer).flatMap(({ mean }) =>
      positions.flatMap((position, index) => (wanted(position) ? (mean[index] ?? []) : [])),
    );
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const [first, later] = [meanOf((position) => position < EARLY), meanOf((position) => position >= EARLY)];
  if (first === undefined || later === undefined) return [];
  return [
    {
      question: "Are early response tokens less alike?",
      answer: first < later ? "Yes." : "No.",
      detail: `Mean cosine ${fixed(first, 3)} at the first ${EARLY} tokens, ${fixed(later, 3)} at the others, over all layers.`,
    },
  ];
}

function besideNorms({ per_layer_similarity: perLayer }: SimilarityDocument, { layers }: Norms): Answer[] {
  const pairs = perLayer.mean.flatMap((mean, layer) => {
    const change = layers.sum_of_changes[layer];
    return mean === null || change === undefined ? [] : [{ mean, change }];
  });
  const found = spearman(
    pairs.map(({ mean }) => mean),
    pairs.map(({ change }) => change),
  );
  if (found === undefined) return [];
  return [
    {
      question: "How does similarity relate to how much the weights changed?",
      answer: `${goesWith(found.coefficient, found.pValue)} ρ = ${fixed(found.coefficient)} (${pWords(found.pValue)}).`,
      detail: `Spearman's ρ of similarity and Σ‖Δθ‖ over ${pairs.length} layers${fewWords(pairs.length)}.`,
    },
  ];
}
