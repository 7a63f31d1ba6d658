import { tablesOf, type Cell, type Row, type Table } from "./tables.ts";
import type { ExportFormat } from "./types.ts";

/** As RFC 4180 has it, with a line of titles; what is not known is empty. */
export const csv: ExportFormat = {
  name: "csv",
  summary: "results and every evaluation as flat tables",
  *files(source) {
    for (const table of tablesOf(source)) yield { path: `${table.name}.csv`, content: csvOf(table) };
  },
};

/** An object a line, which pandas.read_json(lines=True) and parquet writers take as they are; what is not known is null. */
export const jsonl: ExportFormat = {
  name: "jsonl",
  summary: "the same tables, a flat JSON object a line",
  *files(source) {
    for (const { name, rows } of tablesOf(source)) {
      yield { path: `${name}.jsonl`, content: rows.map((row) => `${JSON.stringify(row)}\n`).join("") };
    }
  },
};

function csvOf({ rows }: Table): string {
  const titles = Object.keys(rows[0] ?? {});
  const lines = rows.map((row: Row) => titles.map((title) => csvCell(row[title] ?? null)));
  return [titles.map(csvCell), ...lines].map((cells) => `${cells.join(",")}\r\n`).join("");
}

function csvCell(value: Cell): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
