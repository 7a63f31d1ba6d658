import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../domain/experiment.ts";
import { renderHtml } from "../report/experiment/html.ts";
import { renderMarkdown } from "../report/experiment/markdown.ts";
import { buildReport } from "../report/experiment/report.ts";
import type { ReportView } from "../report/experiment/view.ts";
import { ArtifactReader } from "../runtime/artifact-reader.ts";
import { writeDurably } from "../runtime/files.ts";
import type { Observed } from "../runtime/observe.ts";
import { packageFile } from "../util/package-files.ts";
import { planAgainst } from "./project.ts";

export interface WrittenReport {
  readonly view: ReportView;
  /** Absolute; the page is the last. */
  readonly files: readonly string[];
}

/**
 * Writes the report of what is there and up to date: a view of the artifacts, that no task makes and no record has.
 * Throws RuntimeFailure `artifact-damaged`.
 */
export async function writeReport(experiment: Experiment, observed: Observed): Promise<WrittenReport> {
  const plan = planAgainst(experiment, observed, { set: [], target: [], replace: [] });
  const done = new Set(plan.tasks.flatMap(({ id, action }) => (action === "keep" ? [id] : [])));
  const artifacts = new ArtifactReader(experiment, observed.records);
  const view = await buildReport({
    experiment,
    isDone: (id) => done.has(id),
    readFile: (path) => artifacts.read(path),
  });
  const contents = {
    "report.md": renderMarkdown(view, partText("report.md.hbs")),
    "report.html": await renderHtml(view, {
      template: partText("report.html.hbs"),
      style: partText("report.css"),
      script: partText("report.js"),
    }),
  };
  const files = Object.entries(contents).map(([name, content]) => {
    const path = join(experiment.folder, "reports", name);
    writeDurably(path, content);
    return path;
  });
  return { view, files };
}

/** Of the package. */
function partText(name: string): string {
  return readFileSync(packageFile(`templates/reports/${name}`), "utf8");
}
