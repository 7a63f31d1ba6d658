import { judgeTemplateMissing } from "../../diagnostics/catalog/files.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { JudgeTemplate, JudgeTemplates } from "../../domain/experiment.ts";
import type { Project } from "./project.ts";

/**
 * What the judge is asked, by trait: `templates/judge/trait.<trait>.hbs` where there is one, else `trait.hbs`; the same for
 * `coherence`. A trait of which a template is missing is reported, and left out.
 */
export function readJudgeTemplates(
  place: Place,
  traits: Iterable<string>,
  project: Project,
): Map<string, JudgeTemplates> {
  const read = (name: string, trait: string): JudgeTemplate | undefined => {
    const own = `templates/judge/${name}.${trait}.hbs`;
    const file = project.exists(own) ? own : `templates/judge/${name}.hbs`;
    const source = project.read(file, place, () => project.sink.report(judgeTemplateMissing(place, file)));
    return source && { file, text: source.text };
  };
  return new Map(
    [...traits].flatMap((name): [string, JudgeTemplates][] => {
      const [trait, coherence] = [read("trait", name), read("coherence", name)];
      return trait === undefined || coherence === undefined ? [] : [[name, { trait, coherence }]];
    }),
  );
}
