import { badQuestions, datasetFileMissing, evalPromptIgnored } from "../../diagnostics/catalog/files.ts";
import type { Located } from "../lower/spec.ts";
import { parseJson } from "./json.ts";
import type { Project } from "./project.ts";
import { isUnwritten } from "./unwritten.ts";

/** The questions that steered models are asked: `steering.json`. Undefined when reported. */
export function readQuestions(folder: string, ref: Located<string>, project: Project): string[] | undefined {
  const file = `${folder}/steering.json`;
  const source = project.read(file, ref.place, () =>
    project.sink.report(
      datasetFileMissing(ref.place, file, 'It holds what steered models are asked: {"questions": ["...", "..."]}.'),
    ),
  );
  if (source === undefined) return undefined;
  if (isUnwritten(source, project)) return undefined;
  const refuse = (why: string): undefined => {
    project.sink.report(badQuestions(source.placeOfLine(1), file, why));
    return undefined;
  };
  const json = parseJson(source.text);
  if (json === undefined) return refuse("is not JSON");
  const { questions, eval_prompt: evalPrompt } = (json.value ?? {}) as { questions?: unknown; eval_prompt?: unknown };
  if (!Array.isArray(questions)) return refuse('has no list "questions"');
  if (questions.length === 0) return refuse("has no questions");
  const bad = questions.findIndex((question) => typeof question !== "string" || question.trim() === "");
  if (bad !== -1) return refuse(`has a question ${bad + 1} that is not text`);
  if (evalPrompt !== undefined) project.sink.report(evalPromptIgnored(source.placeOfLine(1), file));
  return questions as string[];
}
