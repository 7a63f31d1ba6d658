import { compileTemplate } from "../../runtime/template.ts";
import type { ReportView } from "./view.ts";

/** The report without its pictures and responses. `template` is Handlebars. */
export function renderMarkdown(
  { experiment, facts, phases, glance, criteria, sections }: ReportView,
  template: string,
): string {
  const shown = {
    experiment,
    facts,
    phases,
    glance,
    criteria: criteria.map(({ state, ...one }) => ({ ...one, met: state === "met", open: state === "open" })),
    sections,
  };
  const text = compileTemplate(template, "text")(escaped(shown) as object);
  return `${text.replaceAll(/\n{3,}/g, "\n\n").trimEnd()}\n`;
}

/** With every text in it escaped for Markdown. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") return escapeMarkdown(value);
  if (Array.isArray(value)) return value.map((item: unknown) => escaped(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}

/** On one line, and shown as it is: no markup, no HTML, no new cell of a table. `mean_diff` and `response[:5]` stay readable. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, " ")
    .replaceAll(/[\\`*<|~&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\](?=[([:])/gu, "\\$&")
    .replace(/^(\d+(?=[.)](?:\s|$))|(?=>|(?:[+-]|#+)(?:\s|$)))/, "$1\\");
}
