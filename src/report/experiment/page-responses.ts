import type { Browser, Response, ResponseSet } from "./view.ts";

/** As many sets as fit, the best evaluations before any other, in the browser's order. */
export function fitting({ sets, unsteered }: Browser, maxBytes: number): ResponseSet[] {
  const numbers = questionNumbers({ sets, unsteered });
  let bytes = 0;
  const kept = new Set(
    [...sets.filter(({ isBest }) => isBest), ...sets.filter(({ isBest }) => !isBest)].filter((set) => {
      const size = Buffer.byteLength(embedded(setData(set, numbers))) + 1;
      if (bytes + size > maxBytes) return false;
      bytes += size;
      return true;
    }),
  );
  return sets.filter((set) => kept.has(set));
}

/** What the page's script looks through: the unsteered answers, and some sets. Questions stand in it once. */
export function responsesJson(browser: Browser, sets: readonly ResponseSet[]): string {
  const numbers = questionNumbers(browser);
  return embedded({
    questions: [...numbers.keys()],
    unsteered: Object.fromEntries(
      browser.unsteered.map(({ dataset, answers }) => [dataset, answers.map((answer) => row(answer, numbers))]),
    ),
    sets: sets.map((set) => setData(set, numbers)),
  });
}

type Numbers = ReadonlyMap<string, number>;

function questionNumbers({ sets, unsteered }: Browser): Numbers {
  const answers = [...unsteered, ...sets].flatMap((one) => one.answers);
  return new Map([...new Set(answers.map(({ question }) => question))].map((question, index) => [question, index]));
}

function setData({ answers, ...set }: ResponseSet, numbers: Numbers) {
  return { ...set, answers: answers.map((answer) => row(answer, numbers)) };
}

function row({ question, response, trait, coherence }: Response, numbers: Numbers) {
  return [numbers.get(question), response, rounded(trait), rounded(coherence)];
}

function rounded(score: number | null): number | null {
  return score === null ? null : Number(score.toFixed(1));
}

/** JSON for a script element: no text in it can end the element, or begin a comment. */
function embedded(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", String.raw`\u003c`);
}
