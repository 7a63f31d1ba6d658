import { createHash } from "node:crypto";
import { compileTemplate } from "../../runtime/template.ts";
import { legendOf } from "../pictures/colours.ts";
import { plural } from "../units.ts";
import { fitting, responsesJson } from "./page-responses.ts";
import type { Figure, Pictures, ReportView, Section } from "./view.ts";

export interface PageParts {
  /** Handlebars. */
  readonly template: string;
  readonly style: string;
  readonly script: string;
}

/** Of the whole page; what does not fit is left out, and said to be. */
const MAX_BYTES = 5_000_000;
/** What of it pictures and their numbers may take. */
const PICTURES_SHARE = 0.6;
/** What a page says of what was left out. */
const SLACK_BYTES = 1000;

/**
 * The report as one page that needs nothing else. Its policy lets no script run but ours and nothing be loaded: what models
 * wrote can do no harm, even if it got past the escaping.
 */
export async function renderHtml(view: ReportView, parts: PageParts, maxBytes: number = MAX_BYTES): Promise<string> {
  const { template, style, script } = parts;
  const { browser, criteria, sections, ...rest } = view;
  const draw = await drawing(sections.some(({ pictures }) => pictures.length > 0));
  const page = compileTemplate(template, "html");
  const digest = createHash("sha256").update(script).digest("base64");
  const values = {
    ...rest,
    style,
    script,
    policy: `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`,
    criteria: criteria.map(({ state, ...one }) => ({ ...one, state, mark: MARKS[state], words: STATES[state] })),
    sections: drawnSections(sections, draw, PICTURES_SHARE * maxBytes),
    hasResponses: browser.sets.length > 0,
    leftOut: "",
  };
  const empty = page({ ...values, responses: responsesJson(browser, []) });
  const sets = fitting(browser, maxBytes - Buffer.byteLength(empty) - SLACK_BYTES);
  const missing = browser.sets.length - sets.length;
  const leftOut =
    missing === 0
      ? ""
      : `${plural(missing, "evaluation")} of ${browser.sets.length} ${missing === 1 ? "is" : "are"} left out, so that this page stays small: the best ones come first. responses.jsonl in each folder of steering/ and combinations/ has them all.`;
  return page({ ...values, leftOut, responses: responsesJson(browser, sets) });
}

const MARKS = { met: "✓", missed: "✗", open: "…" } as const;
const STATES = { met: "met", missed: "not met", open: "not known yet" } as const;

/** What draws is loaded when there is something to draw: half a second that a young experiment saves. */
async function drawing(isNeeded: boolean): Promise<(figure: Figure) => string> {
  return isNeeded ? (await import("../pictures/draw.ts")).drawFigure : () => "";
}

/** With their pictures while they fit: what is shown at once before what is folded. */
function drawnSections(sections: readonly Section[], draw: (figure: Figure) => string, maxBytes: number) {
  const all = sections.flatMap(({ pictures }) => pictures);
  const articles = new Map<Pictures, ReturnType<typeof drawn>>();
  let bytes = 0;
  for (const one of [...all.filter(({ isFolded }) => !isFolded), ...all.filter(({ isFolded }) => isFolded)]) {
    if (bytes > maxBytes) break;
    const article = drawn(one, draw);
    bytes += bytesOf(article);
    articles.set(one, article);
  }
  return sections.map(({ pictures, notes, ...section }) => {
    const there = pictures.flatMap((one) => articles.get(one) ?? []);
    const missing = pictures.length - there.length;
    const said = `The pictures of ${missing} of ${pictures.length} are left out, so that this page stays small: those of the best vectors come first. The files of the experiment have all numbers.`;
    return {
      ...section,
      notes: missing === 0 ? notes : [...notes, said],
      pictures: there.filter(({ isFolded }) => !isFolded),
      folded: there.filter(({ isFolded }) => isFolded),
    };
  });
}

function drawn({ title, figures, table, isFolded }: Pictures, draw: (figure: Figure) => string) {
  return {
    title,
    table,
    isFolded,
    figures: figures.map((figure) => ({
      caption: figure.caption,
      svg: draw(figure),
      legend: figure.kind === "lines" ? legendOf(figure) : [],
      scale: scaleOf(figure),
    })),
  };
}

/** What the colours of a picture go from and to, where they are in an order. */
function scaleOf(figure: Figure): { readonly low: string; readonly high: string; readonly colours: string } | false {
  if (figure.kind === "tiles") {
    const limit = figure.limit.toFixed(0);
    return { low: `−${limit}`, high: `+${limit}`, colours: "diverging" };
  }
  if (figure.kind !== "lines" || !figure.ordered || figure.series.length < 2) return false;
  return {
    low: `layer ${figure.series[0]?.name}`,
    high: `layer ${figure.series.at(-1)?.name}`,
    colours: "ramp",
  };
}

/** About what an article takes: its pictures, and a cell's markup for every cell. */
function bytesOf({ figures, table }: ReturnType<typeof drawn>): number {
  const cells = (table?.rows ?? []).flat();
  return figures.reduce((sum, { svg }) => sum + svg.length, 0) + cells.reduce((sum, cell) => sum + cell.length + 28, 0);
}
