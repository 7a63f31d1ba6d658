import type { CoefficientChoice, CombinationParams, LayerChoice } from "../domain/task-params.ts";
import { norm, normalise } from "../math/vector.ts";
import { addUp, COMBINERS, type Member, type Part } from "../methods/combiners.ts";

/** A unit vector to be added at a layer, with the coefficient of the first evaluation. */
export interface Hook {
  readonly layer: number;
  readonly vector: Float32Array;
  readonly coefficient: number;
}

export type Strategy = Pick<CombinationParams, "vectors" | "layer" | "coefficient">;

/**
 * What a strategy steers with. `firstCoefficient` is what a search of a single vector starts with at a layer. At most one
 * hook a layer: vectors that meet at one are added up. Undefined when the vectors cancel each other.
 */
export function hooksOf(
  { vectors, layer, coefficient }: Strategy,
  members: readonly Member[],
  firstCoefficient: (layer: number) => number,
): readonly Hook[] | undefined {
  const combiner = COMBINERS[vectors];
  if (combiner === undefined) throw new Error(`Internal error: no combiner ${vectors}`);
  const parts = combiner.parts(members.map((member) => ({ member, at: chosenLayer(layer, member, members) })));
  if (parts === undefined) return undefined;
  const hooks = parts.map((part) => ({
    layer: part.layer,
    vector: part.vector,
    // Several hooks share what one would begin with.
    coefficient: firstOf(coefficient, part, firstCoefficient(part.layer) / parts.length),
  }));
  const merged = [...new Set(hooks.map((hook) => hook.layer))].map((at) =>
    added(hooks.filter((hook) => hook.layer === at)),
  );
  return merged.every((hook) => hook !== undefined) ? merged : undefined;
}

/** Hooks of one layer as one, which does the same. */
function added(hooks: readonly Hook[]): Hook | undefined {
  const [first] = hooks;
  if (first === undefined || hooks.length === 1) return first;
  const sum = addUp(
    hooks.map(({ vector }) => vector),
    hooks.map(({ coefficient }) => coefficient),
  );
  const unit = normalise(sum);
  return unit && { layer: first.layer, vector: unit.direction, coefficient: norm(sum) };
}

function chosenLayer(choice: LayerChoice, own: Member, members: readonly Member[]): number {
  switch (choice.kind) {
    case "own":
      return own.layer;
    case "layer":
      return choice.layer;
    case "best": {
      const better = members.toSorted((a, b) => b.effect - a.effect)[0];
      const named = choice.source === null ? better : members.find(({ source }) => source === choice.source);
      if (named === undefined) throw new Error(`Internal error: ${choice.source} is not combined`);
      return named.layer;
    }
  }
}

function firstOf(choice: CoefficientChoice, { best }: Part, searched: number): number {
  switch (choice.kind) {
    case "search":
      return searched;
    case "share":
      return choice.factor * best;
    case "fixed":
      return choice.value;
  }
}
