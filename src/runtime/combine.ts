import { norm, normalise } from "../math/vector.ts";
import type { CoefficientChoice, LayerChoice } from "../domain/task-params.ts";

/** One source's best vector, and what it does alone. */
export interface Member {
  readonly source: string;
  readonly layer: number;
  readonly coefficient: number;
  /** On the questions that chose it. */
  readonly traitMean: number;
  /** Unit vectors of its set, by layer. */
  readonly vectors: readonly Float32Array[];
}

/** A unit vector to be added at a layer, with the coefficient of the first evaluation. */
export interface Hook {
  readonly layer: number;
  readonly vector: Float32Array;
  readonly coefficient: number;
}

export interface Strategy {
  readonly vectors: "sum" | "each";
  readonly layer: LayerChoice;
  readonly coefficient: CoefficientChoice;
}

/**
 * What a strategy steers with. `firstCoefficient` is what a search of a single vector starts with at a layer. At most one
 * hook a layer: vectors that meet at one are added up. `{ failure }` when there is no direction.
 */
export function hooksOf(
  { vectors, layer, coefficient }: Strategy,
  members: readonly Member[],
  firstCoefficient: (layer: number) => number,
): readonly Hook[] | { readonly failure: string } {
  const layerOf = (member: Member): number => chosenLayer(layer, member, members);
  if (vectors === "sum") {
    const at = layerOf(members[0] as Member);
    const sum = normalise(addUp(members.map((member) => [vectorAt(member, at), 1])));
    if (sum === undefined) return { failure: "the vectors cancel each other" };
    const first = coefficient.kind === "fixed" ? coefficient.value : firstCoefficient(at);
    return [{ layer: at, vector: sum.direction, coefficient: first }];
  }
  const each = members.map((member) => {
    const at = layerOf(member);
    return {
      layer: at,
      vector: vectorAt(member, at),
      coefficient: firstOf(coefficient, member, members, firstCoefficient(at)),
    };
  });
  const hooks: Hook[] = [];
  for (const at of new Set(each.map((hook) => hook.layer))) {
    const meeting = each.filter((hook) => hook.layer === at);
    const added = addUp(meeting.map((hook) => [hook.vector, hook.coefficient]));
    const sum = normalise(added);
    if (sum === undefined) return { failure: "the vectors cancel each other" };
    hooks.push({ layer: at, vector: sum.direction, coefficient: norm(added) });
  }
  return hooks;
}

function chosenLayer(choice: LayerChoice, own: Member, members: readonly Member[]): number {
  switch (choice.kind) {
    case "own":
      return own.layer;
    case "layer":
      return choice.layer;
    case "best": {
      const better = members.toSorted((a, b) => b.traitMean - a.traitMean)[0];
      const named = choice.source === null ? better : members.find(({ source }) => source === choice.source);
      if (named === undefined) throw new Error(`Internal error: ${choice.source} is not combined`);
      return named.layer;
    }
  }
}

/** Several hooks share what one would begin with. */
function firstOf(choice: CoefficientChoice, member: Member, members: readonly Member[], alone: number): number {
  switch (choice.kind) {
    case "search":
      return alone / members.length;
    case "share":
      return choice.factor * member.coefficient;
    case "fixed":
      return choice.value;
  }
}

function vectorAt({ vectors, source }: Member, layer: number): Float32Array {
  const vector = vectors[layer];
  if (vector === undefined) throw new Error(`Internal error: the vectors of ${source} have no layer ${layer}`);
  return vector;
}

function addUp(terms: readonly (readonly [vector: Float32Array, factor: number])[]): Float32Array {
  const sum = new Float64Array(terms[0]?.[0].length ?? 0);
  for (const [vector, factor] of terms) {
    for (const [index, value] of vector.entries()) sum[index]! += factor * value;
  }
  return Float32Array.from(sum);
}
