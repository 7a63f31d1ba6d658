import { extendBasis } from "../math/orthonormal.ts";
import { normalise } from "../math/vector.ts";

/** One source's best vector, and what it does alone. */
export interface Member {
  readonly source: string;
  readonly layer: number;
  readonly coefficient: number;
  /** Δ of the trait score, on the questions that chose it. */
  readonly effect: number;
  /** Unit vectors of its set, by layer. */
  readonly vectors: readonly Float32Array[];
}

/** A member at the layer that its strategy chooses for it. */
export interface Placed {
  readonly member: Member;
  readonly at: number;
}

/** A unit vector that is added at a layer. */
export interface Part {
  readonly layer: number;
  readonly vector: Float32Array;
  /** Its share of the members' best coefficients. */
  readonly best: number;
}

/** How the best vectors of several sources are put together: what a spec's `vectors` names. */
export interface Combiner {
  /** As a plan has it: "the sum". */
  readonly words: string;
  /** One vector at one layer, so that layers and coefficients of each member's own mean nothing to it. */
  readonly isOneVector: boolean;
  /** Several may be at one layer. Undefined when the vectors cancel each other. */
  parts(placed: readonly Placed[]): readonly Part[] | undefined;
}

/** Every combiner, by the name that a spec uses. */
export const COMBINERS: Readonly<Record<string, Combiner>> = {
  sum: oneVector("the sum", (vectors) => addUp(vectors)),
  weighted_sum: oneVector("the sum by effect", (vectors, members) => addUp(vectors, effectsOf(members))),
  orthogonal_sum: oneVector("the sum without overlap", (vectors) => addUp(orthogonalised(vectors))),
  each: { words: "each", isOneVector: false, parts: eachAtItsLayer },
  each_layer: { words: "the sum, layer by layer,", isOneVector: false, parts: sumAtEachLayer },
};

type Vectors = readonly (Float32Array | Float64Array)[];
type Add = (vectors: Vectors, members: readonly Member[]) => Float64Array;

function oneVector(words: string, add: Add): Combiner {
  return {
    words,
    isOneVector: true,
    parts: (placed) => {
      const part = addedAt(placed[0]?.at ?? 0, placed, add);
      return part && [part];
    },
  };
}

function eachAtItsLayer(placed: readonly Placed[]): Part[] {
  return placed.map(({ member, at }) => ({ layer: at, vector: vectorAt(member, at), best: member.coefficient }));
}

/** From the lowest of the members' layers to the highest, the sum of the vectors that each has there. */
function sumAtEachLayer(placed: readonly Placed[]): Part[] | undefined {
  const layers = placed.map(({ at }) => at);
  const lowest = Math.min(...layers);
  const count = Math.max(...layers) - lowest + 1;
  const parts = Array.from({ length: count }, (_, index) =>
    addedAt(lowest + index, placed, (vectors) => addUp(vectors)),
  );
  const all = parts.filter((part) => part !== undefined);
  return all.length < count ? undefined : all.map((part) => ({ ...part, best: part.best / count }));
}

function addedAt(layer: number, placed: readonly Placed[], add: Add): Part | undefined {
  const members = placed.map(({ member }) => member);
  const vectors = members.map((member) => vectorAt(member, layer));
  const sum = normalise(add(vectors, members));
  const best = members.reduce((all, { coefficient }) => all + coefficient, 0);
  return sum && { layer, vector: sum.direction, best };
}

/** A vector that lowers the trait weighs nothing; where none raises it, all weigh alike. */
function effectsOf(members: readonly Member[]): number[] | undefined {
  const effects = members.map(({ effect }) => Math.max(0, effect));
  return effects.some((effect) => effect > 0) ? effects : undefined;
}

/** The first as it is, of each other one what does not lie along those before it: what they share counts once. */
function orthogonalised(vectors: Vectors): Vectors {
  const basis: Float64Array[] = [];
  extendBasis(
    basis,
    vectors.map((vector) => Float64Array.from(vector)),
  );
  return basis;
}

function vectorAt({ vectors, source }: Member, layer: number): Float32Array {
  const vector = vectors[layer];
  if (vector === undefined) throw new Error(`Internal error: the vectors of ${source} have no layer ${layer}`);
  return vector;
}

/** Σ weights[j] · vectors[j], or their plain sum. */
export function addUp(vectors: Vectors, weights?: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const [at, vector] of vectors.entries()) {
    const weight = weights?.[at] ?? 1;
    for (const [index, value] of vector.entries()) sum[index]! += weight * value;
  }
  return sum;
}
