import { badWords, judgeTemplateMissing, wordsOfServer } from "../../diagnostics/catalog/files.ts";
import type { Place, SourceFile } from "../../diagnostics/source-file.ts";
import type { JudgeTemplate, JudgeTemplates } from "../../domain/experiment.ts";
import type { JudgeSpec } from "../lower/spec.ts";
import type { Project } from "./project.ts";

/**
 * What the judge is asked, by trait: `templates/judge/trait.<trait>.hbs` where there is one, else `trait.hbs`; the same for
 * `coherence`. A trait of which a template is missing is reported, and left out.
 */
export function readJudgeTemplates(
  place: Place,
  traits: Iterable<string>,
  judge: JudgeSpec | undefined,
  project: Project,
): Map<string, JudgeTemplates> {
  const read = (name: string, trait: string): JudgeTemplate | undefined => {
    const own = `templates/judge/${name}.${trait}.hbs`;
    const file = project.exists(own) ? own : `templates/judge/${name}.hbs`;
    const source = project.read(file, place, () => project.sink.report(judgeTemplateMissing(place, file)));
    return source && readTemplate(source, judge, project);
  };
  return new Map(
    [...traits].flatMap((name): [string, JudgeTemplates][] => {
      const [trait, coherence] = [read("trait", name), read("coherence", name)];
      return trait === undefined || coherence === undefined ? [] : [[name, { trait, coherence }]];
    }),
  );
}

/** An end as in `The mood of this text is [happy | sad]`, and the space before it. */
const WORDS = /(\s*)(\[([^[\]\n]*\|[^[\]\n]*)\])\s*$/;

function readTemplate(source: SourceFile, judge: JudgeSpec | undefined, { sink }: Project): JudgeTemplate {
  const { path: file, text } = source;
  const found = WORDS.exec(text);
  if (found === null) return { file, text, prompt: text };
  const [, space = "", brackets = "", inside = ""] = found;
  const start = found.index + space.length;
  const place = source.place(start, start + brackets.length);
  const words = inside.split("|").map((word) => word.trim());
  if (words.length !== 2 || words.includes("") || new Set(words).size < 2) sink.report(badWords(place));
  if (judge?.provider === "openai") sink.report(wordsOfServer(place, file));
  const [low = "", high = ""] = words.map((word) => (space === "" ? word : ` ${word}`));
  return { file, text, prompt: text.slice(0, found.index), words: { low, high } };
}
