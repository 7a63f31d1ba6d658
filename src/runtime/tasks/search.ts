import { stepsOf, type SearchParams } from "../../domain/search-params.ts";
import { summarise, type Split } from "../effect.ts";
import { nextTrials, type Start, type Trial } from "../search/index.ts";
import type { Answer } from "./answers.ts";
import type { Evaluated } from "./steering-files.ts";

/** Has every trial of a step asked in one batch, and the next step follow from the selecting questions' scores. */
export async function search(
  params: SearchParams,
  starts: readonly Start[],
  { selecting }: Split,
  ask: (trials: readonly Trial[], doing: string) => Promise<readonly (readonly Answer[])[]>,
): Promise<Evaluated[]> {
  const evaluated: Evaluated[] = [];
  for (let step = 1; ; step++) {
    const tried = evaluated.map(({ layer, coefficient, scores }) => {
      const { trait_mean: traitMean, coherence_mean: coherenceMean } = summarise(scores, selecting);
      return { layer, coefficient, traitMean, coherenceMean };
    });
    const trials = nextTrials(params, starts, tried);
    if (trials.length === 0) return evaluated;
    const answers = await ask(trials, `evaluation ${step}/${stepsOf(params)}`);
    evaluated.push(...trials.map((trial, index) => ({ ...trial, scores: answers[index] as readonly Answer[] })));
  }
}
