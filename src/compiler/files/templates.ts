import { judgeTemplateMissing } from "../../diagnostics/catalog/files.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { Project } from "./project.ts";

/** What the judge is asked, as Handlebars texts. */
export interface JudgeTemplates {
  readonly trait: string;
  readonly coherence: string;
}

export function readJudgeTemplates(place: Place, project: Project): JudgeTemplates | undefined {
  const [trait, coherence] = ["trait", "coherence"].map((name) => {
    const file = `templates/judge/${name}.hbs`;
    return project.read(file, place, () => project.sink.report(judgeTemplateMissing(place, file)))?.text;
  });
  return trait === undefined || coherence === undefined ? undefined : { trait, coherence };
}
