import { expect } from "vitest";
import { GOOD } from "./fixture.ts";

/** Every section of the language, and right. */
export const FULL: string = `${GOOD}  questions: 2
  refine: { layers: best, points: 4 }
  report: { held_out: 0.5 }

combinations:
  sources: [asked, told]
  strategies:
    - { name: sum_at_told, vectors: sum, layer: best(told) }
    - { name: halves, vectors: each, layer: own, coefficient: 0.5 * best }
    - { name: at_four, vectors: sum, layer: 4, coefficient: 6.5 }

weight_analysis:
  compare: [base, instruct]
  null_directions: 50

activation_similarity:
  prompts: { from: steering_questions, traits: [praise, doubt] }
  generate: { variant: instruct, max_new_tokens: 12 }
  replay: [base]

checkpoints:
  after_extraction: { expect: { vector_sets: 6, layers_each: 8 } }
  after_steering: { require: { coherence: 70 }, stop_if: no_effect }
`;

/** The full spec with a text in it replaced by another, which must be there. */
export function fullEdited(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((spec, [from, to]) => {
    expect(spec).toContain(from);
    return spec.replace(from, () => to);
  }, FULL);
}
