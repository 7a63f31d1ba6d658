import type { Found, Results, ResultsRow } from "../../runtime/tasks/results-document.ts";
import { formatDelta, formatEffect, formatScore, plural } from "../units.ts";
import type { Answer } from "./view.ts";
import { fixed, listed, setName, spread } from "./words.ts";

interface Best {
  readonly row: ResultsRow;
  readonly found: Found;
}

/** The vector set that a trait's Δ is largest for: chosen as everything is, not by the questions that report it. */
export function bestRow(
  rows: readonly ResultsRow[],
  foundOf: (row: ResultsRow) => Found | undefined = ({ best }) => best,
): Best | undefined {
  const found = rows.flatMap((row) => {
    const one = foundOf(row);
    return one === undefined ? [] : [{ row, found: one }];
  });
  const delta = (one: Found): number => one.selected_delta ?? -Infinity;
  return found.toSorted((a, b) => delta(b.found) - delta(a.found))[0];
}

export function steeringAnswers(trait: string, results: Results): Answer[] {
  const rows = results.rows.filter((row) => row.trait === trait);
  const best = bestRow(rows);
  return [
    {
      question: `Which vector steers ${trait} best, at coherence ≥ ${results.min_coherence}?`,
      ...(best === undefined ? noneWords(results.min_coherence) : foundWords(best, results.min_coherence)),
    },
    ...(rows[0]?.at ?? []).flatMap(({ coherence }) =>
      coherence === results.min_coherence ? [] : [largestAt(coherence, trait, rows, best)],
    ),
    ...(best === undefined
      ? []
      : [...drops(best.row, rows), ...againstRandom(trait, best.row), ...againstPrompting(trait, best.row, results)]),
  ];
}

type Words = Pick<Answer, "answer" | "detail">;

function noneWords(coherence: number): Words {
  return { answer: "None.", detail: `No evaluation stays coherent (≥ ${coherence}).` };
}

function foundWords({ row, found }: Best, coherence: number): Words {
  const { layer, coefficient, coherence_mean: mean, n, selected_delta: selected } = found;
  const lost = mean !== null && mean < coherence ? `, less than the ${coherence} that it was chosen at` : "";
  const chosen = row.questions.selecting === 0 ? "" : ` On the questions that chose it, Δ ${formatDelta(selected)}.`;
  return {
    answer: `${setName(row)}: Δ ${formatEffect(found)}.`,
    detail: `Layer ${layer}, coefficient ${fixed(coefficient)}; coherence ${formatScore(mean)}${lost}; ${plural(n, "question")}.${chosen}`,
  };
}

function largestAt(coherence: number, trait: string, rows: readonly ResultsRow[], best: Best | undefined): Answer {
  const question = `What is the largest Δ of ${trait} at coherence ≥ ${coherence}?`;
  const top = bestRow(rows, ({ at }) => at.find((one) => one.coherence === coherence)?.best);
  if (top === undefined) return { question, ...noneWords(coherence) };
  const isSame =
    top.row === best?.row && top.found.layer === best.found.layer && top.found.coefficient === best.found.coefficient;
  return isSame
    ? { question, answer: `Δ ${formatEffect(top.found)}.`, detail: "That same vector, layer and coefficient." }
    : { question, ...foundWords(top, coherence) };
}

/** Where the best vector loses coherence, and where the others do. */
function drops(best: ResultsRow, rows: readonly ResultsRow[]): Answer[] {
  const own = best.drops ?? [];
  if (own.length === 0) return [];
  const ranges = own.flatMap(({ coherence }) => {
    const all = rows.flatMap(({ drops: of }) => of?.find((one) => one.coherence === coherence)?.coefficient ?? []);
    return all.length < 2 ? [] : [`${spread(all)} below ${coherence} (${all.length} of ${rows.length})`];
  });
  const at = own.map(({ coherence, coefficient }) =>
    coefficient === null ? `nowhere below ${coherence}` : `below ${coherence} at coefficient ${fixed(coefficient)}`,
  );
  return [
    {
      question: `Where does coherence of ${best.trait} first drop below ${listed(own.map(({ coherence }) => coherence))}?`,
      answer: capitalised(`${at.join(", ")}.`),
      detail:
        `The best vector, at layer ${best.best?.layer}: the smallest coefficient tried that is less coherent.` +
        (ranges.length === 0 ? "" : ` All vector sets, each at its best layer: ${ranges.join(", ")}.`),
    },
  ];
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function againstRandom(trait: string, { best, random }: ResultsRow): Answer[] {
  if (random === undefined || best === undefined) return [];
  const largest = random.trait_delta_max;
  const isBeyond = best.trait_delta !== null && largest !== null && best.trait_delta > largest;
  return [
    {
      question: `Is the best ${trait} vector more than a random direction?`,
      answer: isBeyond ? "Yes." : "No.",
      detail:
        `Δ ${formatDelta(best.trait_delta)} beside ${formatDelta(random.trait_delta_mean)} on average, and ${formatDelta(largest)} at most, ` +
        `of ${plural(random.directions, "random direction")} at the same layer and coefficient.`,
    },
  ];
}

function againstPrompting(
  trait: string,
  { dataset, beyond_prompting: beyond }: ResultsRow,
  results: Results,
): Answer[] {
  if (beyond === undefined) return [];
  const isBeyond = beyond.interval !== null && beyond.interval[0] > 0;
  const isBehind = beyond.interval !== null && beyond.interval[1] < 0;
  const prompt = results.prompting.find((one) => one.dataset === dataset);
  const own = prompt?.best === undefined ? "" : ` The best of ${prompt.prompts} has Δ ${formatEffect(prompt.best)}.`;
  return [
    {
      question: `Does the best ${trait} vector do more than the best system prompt?`,
      answer: isBeyond ? "Yes." : isBehind ? "No, less." : "No, the two cannot be told apart.",
      detail: `Vector less prompt, question by question: ${formatEffect(beyond)}.${own}`,
    },
  ];
}
