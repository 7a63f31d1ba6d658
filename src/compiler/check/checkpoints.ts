import * as report from "../../diagnostics/catalog/phases.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { groupBy } from "../../util/group-by.ts";
import type { Bound } from "../bind/bound.ts";
import type { Cell } from "../bind/cell.ts";
import type { Files } from "../files/files.ts";
import { shapeOf } from "./shapes.ts";

/** What a checkpoint expects can be known to fail before anything runs. */
export function checkCheckpoints({ spec, cells }: Bound, files: Files, sink: DiagnosticSink): void {
  const { checkpoints, extraction, steering } = spec;
  if (checkpoints?.steering !== undefined && steering === undefined) {
    sink.report(report.needsSteering(checkpoints.steering.place, "checkpoints.after_steering"));
  }
  if (checkpoints?.extraction === undefined) return;
  const { vectorSets, layersEach } = checkpoints.extraction;
  for (const [trait, of] of groupBy(cells, (cell) => cell.trait.value)) {
    const made = vectorSetsOf(of);
    if (vectorSets === undefined || vectorSets.value === made || extraction === undefined) continue;
    sink.report(report.expectsOtherSets(vectorSets.place, vectorSets.value, trait, made, extraction.place));
  }
  if (layersEach === undefined) return;
  for (const variant of new Set(cells.map((cell) => cell.variant.value))) {
    const shape = shapeOf(files, variant);
    if (shape !== undefined && shape.layers !== layersEach.value) {
      sink.report(report.expectsOtherLayers(layersEach.place, layersEach.value, shape));
    }
  }
}

/** Cells that reach the same vectors are one set. */
function vectorSetsOf(cells: readonly Cell[]): number {
  const sets = cells.map(({ dataset, variant, positionText, method }) =>
    JSON.stringify([dataset.value, variant.value, positionText.value, method]),
  );
  return new Set(sets).size;
}
