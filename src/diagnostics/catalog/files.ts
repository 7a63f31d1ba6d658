import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { didYouMean, error, listed, warning } from "./make.ts";

/** SF14xx: the files that a spec names. */

export function modelMissing(
  place: Place,
  model: string,
  near: string | undefined,
  known: readonly string[],
): Diagnostic {
  const { question, suggestions } = didYouMean(near, place);
  return error("SF1401", place, `There is no model '${model}': config/models/${model}.yaml is missing.${question}`, {
    hint: near === undefined ? `config/models has: ${listed(known)}.` : undefined,
    suggestions,
  });
}

export function datasetMissing(
  place: Place,
  ref: string,
  near: string | undefined,
  known: readonly string[],
): Diagnostic {
  const { question, suggestions } = didYouMean(near, place);
  return error("SF1402", place, `There is no dataset '${ref}': datasets/traits/${ref} is missing.${question}`, {
    hint: near === undefined ? `datasets/traits has: ${listed(known)}.` : undefined,
    suggestions,
  });
}

export function datasetFileMissing(place: Place, file: string, needed: string): Diagnostic {
  return error("SF1403", place, `The dataset has no ${file}.`, { hint: needed });
}

export function datasetEmpty(place: Place, file: string): Diagnostic {
  return error("SF1404", place, `${file} has no prompt in it.`);
}

export function rowNotJson(place: Place): Diagnostic {
  return error("SF1405", place, "This line is not JSON.", {
    hint: 'A row is one JSON object a line: {"prompt": "..."}.',
  });
}

export function rowWithoutPrompt(place: Place, why: string): Diagnostic {
  return error("SF1406", place, `This row ${why}.`, {
    hint: 'A row is {"prompt": "...", "system_prompt": "..."}; the second is optional.',
  });
}

export function moreBadRows(place: Place, count: number, areAll: boolean): Diagnostic {
  const rows = `${count} more ${count === 1 ? "row" : "rows"}`;
  return error("SF1407", place, `${areAll ? rows : `At least ${rows}`} of this file from here on cannot be read.`);
}

export function definitionEmpty(place: Place, file: string): Diagnostic {
  return error("SF1408", place, `${file} is empty; it is the judge's rubric.`);
}

export function badQuestions(place: Place, file: string, why: string): Diagnostic {
  return error("SF1409", place, `${file} ${why}.`, { hint: 'It is {"questions": ["...", "..."]}.' });
}

export function evalPromptIgnored(place: Place, file: string): Diagnostic {
  return warning("SF1410", place, `${file} has an eval_prompt, which this version does not use.`, {
    hint: "The judge reads templates/judge/trait.hbs.",
  });
}

export function judgeTemplateMissing(place: Place, file: string): Diagnostic {
  return error("SF1411", place, `The judge has no template: ${file} is missing.`);
}

export function weightsMissing(
  place: Place,
  variant: string,
  detail: string,
  hint: string,
  required: boolean,
): Diagnostic {
  const make = required ? error : warning;
  return make("SF1412", place, `The weights of '${variant}' are not here: ${detail}`, { hint });
}

export function weightsDamaged(place: Place, variant: string, detail: string, hint: string): Diagnostic {
  return error("SF1413", place, `The weights of '${variant}' are damaged: ${detail}`, { hint });
}

export function weightsUnsupported(place: Place, variant: string, detail: string, hint: string): Diagnostic {
  return error("SF1416", place, `The engine cannot run the weights of '${variant}': ${detail}`, { hint });
}

export function modelDisagrees(place: Place, key: string, said: number, found: number, weights: string): Diagnostic {
  const file = /\.gguf$/i.test(weights) ? weights : `${weights}/config.json`;
  return error("SF1414", place, `${key} is ${said} here, and ${found} in ${file}.`, {
    hint: `Write ${key}: ${found}.`,
    suggestions: [{ place, replacement: String(found) }],
  });
}

export function badWords(place: Place): Diagnostic {
  return error("SF1417", place, "A judge chooses between two words, and these are not two different ones.", {
    hint: "Write the word of a score of 0, then that of 100: [happy | sad].",
  });
}

export function wordsOfServer(place: Place, file: string): Diagnostic {
  return error("SF1418", place, "Only a local judge can choose between words, and this spec's judge is a server.", {
    hint: `Let ${file} end in a question for one whole number from 0 to 100, or set judge: { provider: local, variant: ... }.`,
  });
}

export function unwritten(place: Place, file: string): Diagnostic {
  return error("SF1419", place, `${file} is still to be written: this line says what belongs there.`, {
    hint: "Replace everything that begins with <TODO.",
  });
}

export function promptsDoubled(place: Place, used: string, ignored: string): Diagnostic {
  return warning("SF1415", place, `The dataset has both ${used} and ${ignored}; the second is not read.`, {
    hint: "Remove one of them.",
  });
}
