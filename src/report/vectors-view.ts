import type { VectorsMetadata } from "../runtime/tasks/vectors.ts";
import { formatTable, type Column } from "./table.ts";

const LEFT = ["dataset", "variant", "position", "method"];
const RIGHT = [
  "rows",
  "held out",
  "vetted out",
  "no token",
  "layer",
  "accuracy",
  "d",
  "held-out accuracy",
  "held-out d",
];

/** Vector sets: how many responses they are made of, what was left out, and how far they tell the classes apart. */
export function formatVectorSets(sets: readonly VectorsMetadata[]): string {
  const columns = [
    ...LEFT.map((title): Column => ({ title, align: "left" })),
    ...RIGHT.map((title): Column => ({ title, align: "right" })),
  ];
  return [
    formatTable(columns, sets.map(cellsOf)),
    "",
    "Counts: positive + negative responses. The layer with the largest effect size on the rows that it was fitted on; accuracy",
    "and Cohen's d there, on those rows and on scenarios that were held out.",
  ].join("\n");
}

function cellsOf(set: VectorsMetadata): string[] {
  const [first, ...others] = set.layers;
  const best = others.reduce(
    (most, layer) => ((layer.train_effect_size ?? 0) > (most?.train_effect_size ?? 0) ? layer : most),
    first,
  );
  return [
    set.dataset,
    set.variant,
    set.position,
    set.method,
    sum(set.n_pos, set.n_neg),
    sum(set.n_val_pos, set.n_val_neg),
    sum(set.n_filtered_pos, set.n_filtered_neg),
    sum(set.n_empty_pos, set.n_empty_neg),
    String(best?.layer ?? "–"),
    share(best?.train_acc),
    effect(best?.train_effect_size),
    share(best?.val_acc),
    effect(best?.val_effect_size),
  ];
}

function sum(positive: number | undefined, negative: number | undefined): string {
  return `${positive ?? "–"} + ${negative ?? "–"}`;
}

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : `${Math.round(100 * value)}%`;
}

function effect(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toFixed(2);
}
