import type { JudgeTemplate, JudgeTemplates } from "../../domain/experiment.ts";
import { RuntimeFailure } from "../failures.ts";
import { compileTemplate } from "../template.ts";
import type { JudgeItem, JudgeQuestion } from "./types.ts";

export interface JudgePrompts {
  trait(item: JudgeItem): JudgeQuestion;
  coherence(item: JudgeItem): JudgeQuestion;
}

/**
 * Compiles the judge's templates. They may name `definition`, `trait`, `question` and `answer`; anything else fails
 * when rendered. Nothing is escaped: the text is for a model, not for a browser.
 */
export function judgePrompts(templates: Readonly<Record<keyof JudgePrompts, Asked>>): JudgePrompts {
  return { trait: compilePrompt(templates.trait), coherence: compilePrompt(templates.coherence) };
}

type Asked = Pick<JudgeTemplate, "prompt" | "words">;

/** Each trait by its own templates. Throws RuntimeFailure `judge-unusable` for a template that cannot be rendered. */
export function promptsByTrait(templates: ReadonlyMap<string, JudgeTemplates>): JudgePrompts {
  const prompts = new Map([...templates].map(([trait, texts]) => [trait, tried(trait, texts)]));
  const of = (item: JudgeItem): JudgePrompts => {
    const found = prompts.get(item.trait);
    if (found === undefined) throw new Error(`Internal error: the trait ${item.trait} has no templates`);
    return found;
  };
  return { trait: (item) => of(item).trait(item), coherence: (item) => of(item).coherence(item) };
}

/** Before anything is generated for it. */
function tried(trait: string, templates: JudgeTemplates): JudgePrompts {
  const prompts = judgePrompts(templates);
  const sample = { trait, definition: "definition", question: "question", answer: "answer" };
  for (const name of ["trait", "coherence"] as const) {
    try {
      prompts[name](sample);
    } catch (error) {
      throw new RuntimeFailure(
        "judge-unusable",
        `${templates[name].file} cannot be rendered: ${(error as Error).message}`,
        "A template may name definition, trait, question and answer.",
      );
    }
  }
  return prompts;
}

function compilePrompt({ prompt, words }: Asked): (item: JudgeItem) => JudgeQuestion {
  const render = compileTemplate(prompt, "text");
  return (item) => ({ prompt: render({ ...item, answer: item.answer.trim() }).trimEnd(), words });
}
