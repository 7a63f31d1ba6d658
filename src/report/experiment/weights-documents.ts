import type { WeightsStep } from "../../domain/task-params.ts";
import { doneTasks, readJson, type Made } from "./made.ts";

/** The documents in weight_analysis/, as far as they are read here. Arrays are by layer. */
export interface WeightsDocuments {
  readonly norms?: Norms;
  readonly lens?: Lens;
  readonly alignment?: Alignment;
}

export interface Norms {
  readonly layers: Readonly<Record<string, Components[string] | readonly number[]>> & {
    readonly sum_of_changes: readonly number[];
  };
}

type Components = Readonly<Record<string, { readonly relative: readonly (number | null)[] }>>;

export interface Lens {
  readonly layers: readonly {
    readonly layer: number;
    readonly delta_residual: { readonly toward: readonly Token[]; readonly away: readonly Token[] };
  }[];
}

interface Token {
  readonly text: string;
}

type ByLayer = readonly (number | null)[];
type Measures<Of> = { readonly cosine: Of } & Readonly<Record<"o_proj" | "down_proj", { readonly response: Of }>>;

export interface Alignment {
  readonly layers: readonly number[];
  readonly null_directions: number;
  readonly null: Measures<{ readonly low: ByLayer; readonly high: ByLayer }> | null;
  readonly vectors: readonly AlignedSet[];
}

export type AlignedSet = Measures<{ readonly value: ByLayer; readonly percentile?: ByLayer }> & {
  readonly dataset: string;
  readonly position: string;
  readonly method: string;
};

export const MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;

export function readWeightsDocuments(made: Made): WeightsDocuments {
  const read = (step: WeightsStep): unknown => {
    const task = doneTasks(made, "weights").find(({ params }) => params.step === step);
    return task && readJson(made, task, `${step}.json`);
  };
  const [norms, lens, alignment] = [
    read("norms") as Norms | undefined,
    read("logit_lens") as Lens | undefined,
    read("trait_alignment") as Alignment | undefined,
  ];
  return { ...(norms && { norms }), ...(lens && { lens }), ...(alignment && { alignment }) };
}

/** Change of a matrix relative to its own norm; undefined for a model that has no such matrix. */
export function relativeChange({ layers }: Norms, matrix: (typeof MATRICES)[number]): ByLayer | undefined {
  return (layers as unknown as Components)[matrix]?.relative;
}

/** Layers, the largest value first. */
export function ranked(values: readonly number[]): number[] {
  return [...values.keys()].toSorted((a, b) => (values[b] as number) - (values[a] as number));
}

/** Where a set's cosine with the change is largest in size. */
export function peakOf({ cosine }: AlignedSet): { readonly layer: number; readonly cosine: number } | undefined {
  const sizes = cosine.value.map((value) => Math.abs(value ?? 0));
  const [layer] = ranked(sizes);
  const found = layer === undefined ? null : cosine.value[layer];
  return layer === undefined || found === null || found === undefined ? undefined : { layer, cosine: found };
}

/** Layers at which a set's cosine lies outside the middle 95% of random directions. */
export function outsideNull({ cosine }: AlignedSet, alignment: Alignment): number[] {
  const band = alignment.null?.cosine;
  if (band === undefined) return [];
  return [...cosine.value.keys()].filter((layer) => {
    const [value, low, high] = [cosine.value[layer], band.low[layer], band.high[layer]];
    return (
      typeof value === "number" && typeof low === "number" && typeof high === "number" && (value < low || value > high)
    );
  });
}
