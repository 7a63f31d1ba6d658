import type { Model, Prompt } from "../../domain/engine.ts";
import type { JudgeTemplate, JudgeTemplates } from "../../domain/experiment.ts";
import { RuntimeFailure } from "../failures.ts";
import { numberTokens, wordTokens, type NumberTokens } from "./number-tokens.ts";
import type { JudgeQuestion, NumberOracle } from "./types.ts";

/** How a score is read, and where its tokens begin among all that are asked for. */
interface Scale extends NumberTokens {
  readonly first: number;
}

/**
 * A variant of the spec as judge: exact probabilities of the numbers 0–100 instead of a server's top 20, or of the two
 * words that a template ends in. Throws RuntimeFailure `judge-unusable` when its tokenizer does not tell them apart.
 */
export function localOracle(model: Model, format: Prompt["format"], templates: Iterable<JudgeTemplates>): NumberOracle {
  const tokens: number[] = [];
  const scales = new Map<JudgeQuestion["words"], Scale>();
  for (const template of [...templates].flatMap(({ trait, coherence }) => [trait, coherence])) {
    if (scales.has(template.words)) continue;
    const scale = scaleOf(template, model);
    scales.set(template.words, { ...scale, first: tokens.length });
    tokens.push(...scale.tokens);
  }
  return {
    async ask(questions, onProgress) {
      const asked = questions.map((question) => {
        const scale = scales.get(question.words);
        if (scale === undefined) throw new Error("Internal error: a question of another template");
        return { ids: model.encode(promptOf(question, format)), scale };
      });
      const rows = asked.flatMap(({ ids, scale }) => scale.beginnings.map((beginning) => [...ids, ...beginning]));
      // Rows of one prompt share all of it: the engine computes that once.
      const next = await model.nextTokenProbabilities(rows, tokens, ({ rowsDone }) =>
        onProgress?.(Math.floor((rowsDone * questions.length) / rows.length), questions.length),
      );
      let row = 0;
      return asked.map(({ scale: { first, tokens: own, beginnings, probabilities } }) => {
        const answers = next.slice(row, (row += beginnings.length));
        return probabilities(answers.map((answer) => answer.subarray(first, first + own.length)));
      });
    },
  };
}

/** Words go on with a text; a number is the answer to a message, of a judge that is spoken to. */
function promptOf({ prompt, words }: JudgeQuestion, format: Prompt["format"]): Prompt {
  return format === "raw" || words !== undefined
    ? { format: "raw", text: prompt }
    : { format, messages: [{ role: "user", content: prompt }] };
}

function scaleOf({ file, words }: JudgeTemplate, model: Model): NumberTokens {
  if (words === undefined) {
    const numbers = numberTokens(Array.from({ length: 101 }, (_, value) => model.tokenIds(String(value))));
    if (numbers !== undefined) return numbers;
    throw new RuntimeFailure(
      "judge-unusable",
      "The judge's tokenizer writes different numbers from 0 to 100 alike, so no score can be read.",
      "Choose a judge whose tokenizer knows the digits, or an OpenAI-compatible server.",
    );
  }
  const [low, high] = [words.low, words.high].map((word) => model.tokenIds(word)[0]);
  if (low !== undefined && high !== undefined && low !== high) return wordTokens(low, high);
  throw new RuntimeFailure(
    "judge-unusable",
    `${file} ends in words that begin with the same token of the judge's: "${words.low.trim()}" and "${words.high.trim()}".`,
    "Choose two words that begin differently.",
  );
}
