import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderHtml } from "../../../src/report/experiment/html.ts";
import type { Made } from "../../../src/report/experiment/made.ts";
import { renderMarkdown } from "../../../src/report/experiment/markdown.ts";
import { buildReport } from "../../../src/report/experiment/report.ts";
import { REPOSITORY } from "../../rig/project.ts";

export async function markdownOf(made: Made): Promise<string> {
  return renderMarkdown(await buildReport(made), part("report.md.hbs"));
}

export async function pageOf(made: Made, maxBytes?: number): Promise<string> {
  const parts = { template: part("report.html.hbs"), style: part("report.css"), script: part("report.js") };
  return renderHtml(await buildReport(made), parts, maxBytes);
}

function part(name: string): string {
  return readFileSync(join(REPOSITORY, "templates/reports", name), "utf8");
}
