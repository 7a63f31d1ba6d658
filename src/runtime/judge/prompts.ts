import Handlebars from "handlebars";
import type { JudgeItem } from "./types.ts";

export interface JudgePrompts {
  trait(item: JudgeItem): string;
  coherence(item: JudgeItem): string;
}

/**
 * Compiles the judge's templates. They may name `definition`, `trait`, `question` and `answer`; anything else fails
 * when rendered. No helpers beyond Handlebars' own, no escaping (the text is for a model, not for a browser).
 */
export function judgePrompts(templates: { readonly trait: string; readonly coherence: string }): JudgePrompts {
  return { trait: compileTemplate(templates.trait), coherence: compileTemplate(templates.coherence) };
}

function compileTemplate(source: string): (item: JudgeItem) => string {
  const template = Handlebars.create().compile<JudgeItem>(source, {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
  });
  return (item) => template({ ...item, answer: item.answer.trim() }).trimEnd();
}
