import * as report from "../../diagnostics/catalog/phases.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Bound } from "../bind/bound.ts";
import type { Files } from "../files/files.ts";
import type { Located } from "../lower/spec.ts";

/** Variants that are looked at side by side have the same layers, of the same width. */
export function checkShapes({ spec, compared, similarity }: Bound, files: Files, sink: DiagnosticSink): void {
  const compare = (place: Place, one: Located<string>, other: Located<string>): void => {
    const [a, b] = [shapeOf(files, one.value), shapeOf(files, other.value)];
    if (a === undefined || b === undefined) return;
    if (a.layers !== b.layers || a.hiddenSize !== b.hiddenSize) sink.report(report.shapesDiffer(place, a, b));
  };
  if (compared !== undefined) compare(compared.to.place, compared.from, compared.to);
  for (const replayed of similarity?.replayed ?? []) {
    if (similarity !== undefined) compare(replayed.place, similarity.captured, replayed);
  }
  const analysis = spec.weightAnalysis;
  if (analysis?.steps.includes("trait_alignment") && analysis.nullDirections.value === 0) {
    sink.report(report.alignmentWithoutNull(analysis.nullDirections.place));
  }
}

export function shapeOf(files: Files, variant: string): report.Shape | undefined {
  const model = files.models.get(variant);
  if (model === undefined) return undefined;
  return { variant, layers: model.layers.value, hiddenSize: model.hiddenSize.value, place: model.layers.place };
}
