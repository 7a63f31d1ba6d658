import * as report from "../../diagnostics/catalog/files.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Place, SourceFile } from "../../diagnostics/source-file.ts";
import type { DatasetRow } from "../../domain/experiment.ts";
import { parseJson } from "./json.ts";
import type { Project } from "./project.ts";
import { isUnwritten } from "./unwritten.ts";

/** Rows of one file that are reported one by one; a file in another format would have hundreds. */
const MAX_BAD_ROWS = 5;
/** After so many, the rest of the file is not read. */
const MAX_COUNTED = 1000;

/** One polarity's rows, of `<polarity>.jsonl` or else `<polarity>.txt`. Undefined when reported. */
export function readRows(folder: string, polarity: string, place: Place, project: Project): DatasetRow[] | undefined {
  const [jsonl, txt] = [`${folder}/${polarity}.jsonl`, `${folder}/${polarity}.txt`];
  const isJsonl = project.exists(jsonl);
  if (isJsonl && project.exists(txt)) project.sink.report(report.promptsDoubled(place, jsonl, txt));
  const file = isJsonl ? jsonl : txt;
  const source = project.read(file, place, () => {
    const hint = "One JSON object a line, or a prompt a line in a .txt file of the same name.";
    project.sink.report(report.datasetFileMissing(place, `${jsonl} (nor ${polarity}.txt)`, hint));
  });
  if (source === undefined) return undefined;
  if (isUnwritten(source, project)) return undefined;
  const { rows, bad } = isJsonl ? parseJsonl(source) : { rows: parseLines(source), bad: [] };
  for (const diagnostic of bad.slice(0, MAX_BAD_ROWS)) project.sink.report(diagnostic);
  const next = bad[MAX_BAD_ROWS];
  if (next !== undefined) {
    project.sink.report(report.moreBadRows(next.place, bad.length - MAX_BAD_ROWS, bad.length < MAX_COUNTED));
  }
  if (bad.length > 0) return undefined;
  if (rows.length === 0) project.sink.report(report.datasetEmpty(place, file));
  return rows.length === 0 ? undefined : rows;
}

/** A prompt a line, as it is: what stands at its end, a space too, is part of where the model goes on. */
function parseLines(source: SourceFile): DatasetRow[] {
  return lines(source).map(({ text }) => ({ prompt: text }));
}

function parseJsonl(source: SourceFile): { rows: DatasetRow[]; bad: Diagnostic[] } {
  const rows: DatasetRow[] = [];
  const bad: Diagnostic[] = [];
  for (const { text, number } of lines(source)) {
    const json = parseJson(text);
    const row = json === undefined ? undefined : parseRow(json.value);
    if (row === undefined) bad.push(report.rowNotJson(source.placeOfLine(number)));
    else if ("error" in row) bad.push(report.rowWithoutPrompt(source.placeOfLine(number), row.error));
    else rows.push(row);
    if (bad.length === MAX_COUNTED) break;
  }
  return { rows, bad };
}

/** Other keys are the dataset's own business. */
function parseRow(value: unknown): DatasetRow | { readonly error: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { error: "is not a JSON object" };
  const { prompt, system_prompt: systemPrompt } = value as { prompt?: unknown; system_prompt?: unknown };
  if (typeof prompt !== "string" || prompt.trim() === "") return { error: "has no prompt" };
  if (systemPrompt === undefined || systemPrompt === null) return { prompt };
  if (typeof systemPrompt !== "string") return { error: "has a system_prompt that is not text" };
  return { prompt, systemPrompt };
}

/** Lines with something on them. */
function lines(source: SourceFile): { readonly text: string; readonly number: number }[] {
  return Array.from({ length: source.lines }, (_, index) => ({
    text: source.line(index + 1),
    number: index + 1,
  })).filter(({ text }) => text.trim() !== "");
}
