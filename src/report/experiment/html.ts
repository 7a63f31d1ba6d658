import { createHash } from "node:crypto";
import { compileTemplate } from "../../runtime/template.ts";
import { legendOf } from "../pictures/colours.ts";
import type { Browser, Figure, Pictures, ReportView } from "./view.ts";

export interface PageParts {
  /** Handlebars. */
  readonly template: string;
  readonly style: string;
  readonly script: string;
}

/**
 * The report as one page that needs nothing else. Its policy lets no script run but ours and nothing be loaded: what models
 * wrote can do no harm, even if it got past the escaping.
 */
export async function renderHtml(
  { browser, criteria, sections, ...view }: ReportView,
  parts: PageParts,
): Promise<string> {
  const { template, style, script } = parts;
  const draw = await drawing(sections.some(({ pictures }) => pictures.length > 0));
  const page = compileTemplate(template, "html");
  const digest = createHash("sha256").update(script).digest("base64");
  return page({
    ...view,
    style,
    script,
    policy: `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`,
    criteria: criteria.map(({ state, ...one }) => ({ ...one, state, mark: MARKS[state] })),
    sections: sections.map(({ pictures, ...section }) => ({
      ...section,
      pictures: pictures.map((one) => drawn(one, draw)),
    })),
    hasResponses: browser.sets.length > 0,
    leftOut: browser.leftOut,
    responses: dataOf(browser),
  });
}

const MARKS = { met: "✓", missed: "✗", open: "…" } as const;

/** What draws is loaded when there is something to draw: half a second that a young experiment saves. */
async function drawing(isNeeded: boolean): Promise<(figure: Figure) => string> {
  return isNeeded ? (await import("../pictures/draw.ts")).drawFigure : () => "";
}

function drawn({ title, figures, table }: Pictures, draw: (figure: Figure) => string) {
  return {
    title,
    table,
    figures: figures.map((figure) => ({
      caption: figure.caption,
      svg: draw(figure),
      legend: figure.kind === "lines" ? legendOf(figure) : [],
      scale:
        figure.kind === "tiles" ? { low: `−${figure.limit.toFixed(0)}`, high: `+${figure.limit.toFixed(0)}` } : false,
    })),
  };
}

/** JSON for a script element: no text in it can end the element, or begin a comment. Questions stand in it once. */
function dataOf({ unsteered, sets }: Browser): string {
  const questions = [...new Set(unsteered.flatMap(({ answers }) => answers.map(({ question }) => question)))];
  const numbers = new Map(questions.map((question, index) => [question, index]));
  const round = (score: number | null): number | null => (score === null ? null : Number(score.toFixed(1)));
  const rows = (answers: (typeof sets)[number]["answers"]) =>
    answers.map(({ question, response, trait, coherence }) => [
      numbers.get(question) ?? question,
      response,
      round(trait),
      round(coherence),
    ]);
  const data = {
    questions,
    unsteered: Object.fromEntries(unsteered.map(({ dataset, answers }) => [dataset, rows(answers)])),
    sets: sets.map(({ answers, ...set }) => ({ ...set, answers: rows(answers) })),
  };
  return JSON.stringify(data).replaceAll("<", String.raw`\u003c`);
}
