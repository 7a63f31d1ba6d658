import * as report from "../../diagnostics/catalog/checks.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { tokensNeeded } from "../../domain/position.ts";
import { groupBy } from "../../util/group-by.ts";
import type { Cell } from "../bind/cell.ts";
import type { Spec } from "../lower/spec.ts";

/** Response tokens to generate, by `responseSet`. */
export type Budgets = ReadonlyMap<string, number>;

/** What shares one set of responses. */
export function responseSet(cell: Cell): string {
  return `${cell.dataset.value}/${cell.variant.value}`;
}

export function checkGeneration(spec: Spec, sink: DiagnosticSink): void {
  const vetting = spec.extraction?.vetting;
  if (vetting !== undefined && !spec.judgeWritten) sink.report(report.vettingWithoutJudge(vetting.place));
  for (const { value: source } of spec.sources?.values() ?? []) {
    if (source === undefined) continue;
    const { rollouts, temperature, place } = source.generate;
    if (rollouts.value > 1 && temperature.value === 0) {
      sink.report(
        report.rolloutsAlike(rollouts.place, rollouts.value, {
          place: temperature.place,
          isDefault: temperature.place === place,
        }),
      );
    }
  }
}

/**
 * The budget of every response set: what the spec sets, or what the widest position that reads it needs. A shared set
 * that is shorter than its widest reader would silently give that reader the vectors of a narrower one.
 */
export function inferBudgets(cells: readonly Cell[], sink: DiagnosticSink): Budgets {
  const budgets = new Map<string, number>();
  for (const [set, readers] of groupBy(cells, responseSet)) {
    const limited = readers.find(({ generate }) => generate.maxNewTokens !== undefined)?.generate.maxNewTokens;
    const widest = widestReader(readers);
    if (limited !== undefined) {
      if (widest.needed > limited.value) {
        const reader = { position: widest.cell.positionText.value, place: widest.cell.positionText.place };
        sink.report(report.budgetTooSmall(limited.place, limited.value, widest.needed, reader));
      }
      budgets.set(set, limited.value);
      continue;
    }
    for (const { position, positionText, source, sourceDeclared } of readers) {
      if (tokensNeeded(position) === "all") {
        sink.report(report.budgetUnknown(positionText.place, positionText.value, source.value, sourceDeclared));
      }
    }
    // Positions in the prompt need no response; the models answer with at least one token.
    budgets.set(set, Math.max(1, widest.needed));
  }
  return budgets;
}

/** Of those that need a known number of tokens. */
function widestReader(readers: readonly Cell[]): { cell: Cell; needed: number } {
  const all = readers.map((cell) => {
    const needed = tokensNeeded(cell.position);
    return { cell, needed: needed === "all" ? 0 : needed };
  });
  return all.reduce((widest, reader) => (reader.needed > widest.needed ? reader : widest));
}
