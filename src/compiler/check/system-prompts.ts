import { systemPromptOnRaw, systemPromptRefused } from "../../diagnostics/catalog/checks.ts";
import type { DatasetRow } from "../../domain/experiment.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Cell } from "../bind/cell.ts";
import type { Files } from "../files/files.ts";
import { responseSet } from "./generation.ts";

/** A variant that takes raw text has no place for a system prompt, and nor have some chat templates. */
export function checkSystemPrompts(cells: readonly Cell[], files: Files, sink: DiagnosticSink): void {
  const sets = new Map(cells.map((cell) => [responseSet(cell), cell]));
  for (const { dataset, variant } of sets.values()) {
    const model = files.models.get(variant.value);
    const rows = files.datasets.get(dataset.value);
    if (model === undefined || rows === undefined) continue;
    const takesNone =
      model.promptFormat === "raw" || files.weights.get(variant.value)?.found?.takesSystemPrompts === false;
    if (!takesNone || ![...rows.positive, ...rows.negative].some(hasSystemPrompt)) continue;
    const report = model.promptFormat === "raw" ? systemPromptOnRaw : systemPromptRefused;
    sink.report(report(dataset.place, dataset.value, variant.value, model.namePlace));
  }
}

function hasSystemPrompt({ systemPrompt }: DatasetRow): boolean {
  return systemPrompt !== undefined;
}
