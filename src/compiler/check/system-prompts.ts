import { systemPromptOnRaw } from "../../diagnostics/catalog/checks.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Cell } from "../bind/cell.ts";
import type { Files } from "../files/files.ts";
import { responseSet } from "./generation.ts";

/** A variant without a chat template has no place for a system prompt. */
export function checkSystemPrompts(cells: readonly Cell[], files: Files, sink: DiagnosticSink): void {
  const sets = new Map(cells.map((cell) => [responseSet(cell), cell]));
  for (const { dataset, variant } of sets.values()) {
    const model = files.models.get(variant.value);
    const rows = files.datasets.get(dataset.value);
    if (model === undefined || rows === undefined || model.promptFormat === "chat") continue;
    if ([...rows.positive, ...rows.negative].some(({ systemPrompt }) => systemPrompt !== undefined)) {
      sink.report(systemPromptOnRaw(dataset.place, dataset.value, variant.value, model.namePlace));
    }
  }
}
