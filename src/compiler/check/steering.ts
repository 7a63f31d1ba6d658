import * as report from "../../diagnostics/catalog/checks.ts";
import { badLayers } from "../../diagnostics/catalog/names.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { parseLayers, resolveLayers } from "../../domain/layers.ts";
import type { Bound } from "../bind/bound.ts";
import type { Files } from "../files/files.ts";
import type { Model } from "../files/models.ts";
import type { SteeringSpec } from "../lower/spec.ts";

export interface SteeredLayers {
  /** 0-indexed; none when nothing is steered, or something about it was reported. */
  readonly layers: readonly number[];
  readonly refineLayers: readonly number[] | "best";
}

export function checkSteering(bound: Bound, files: Files, sink: DiagnosticSink): SteeredLayers {
  const { spec, application } = bound;
  if (spec.steering === undefined) return { layers: [], refineLayers: "best" };
  if (!spec.judgeWritten) sink.report(report.steeringWithoutJudge(spec.steering.place));
  if (!spec.applicationWritten) sink.report(report.steeringWithoutApplication(spec.steering.place));
  const model = application && files.models.get(application.value);
  const find = (written: SteeringSpec["layers"]) => findLayers(written, application?.value ?? "", model, sink);
  const layers = find(spec.steering.layers);
  const refined = spec.steering.refine?.layers;
  if (model !== undefined && application !== undefined) checkFit(bound, files, application.value, model, layers, sink);
  checkStrategyLayers(bound, model, sink);
  return { layers, refineLayers: refined === undefined ? "best" : find(refined) };
}

/** A strategy may name a layer by its number. */
function checkStrategyLayers({ combinations }: Bound, model: Model | undefined, sink: DiagnosticSink): void {
  if (model === undefined) return;
  for (const { layer, strategy, cell } of combinations) {
    if (layer.kind !== "layer") continue;
    const resolved = resolveLayers({ kind: "list", layers: [layer.layer] }, model.layers.value);
    if ("error" in resolved) {
      sink.report(
        report.layersBeyondModel(strategy.layer.place, resolved.error, cell.variant.value, model.layers.place),
      );
    }
  }
}

function findLayers(
  layers: SteeringSpec["layers"],
  application: string,
  model: Model | undefined,
  sink: DiagnosticSink,
): readonly number[] {
  if (layers === undefined) return [];
  const spec = parseLayers(layers.value);
  if ("error" in spec) {
    sink.report(badLayers(layers.place, spec.error));
    return [];
  }
  if (model === undefined) return [];
  const resolved = resolveLayers(spec, model.layers.value);
  if (!("error" in resolved)) return resolved;
  sink.report(report.layersBeyondModel(layers.place, resolved.error, application, model.layers.place));
  return [];
}

/** The application must be as wide as the models that the vectors come from, and those deep enough. */
function checkFit(
  { spec, steered }: Bound,
  files: Files,
  application: string,
  model: Model,
  layers: readonly number[],
  sink: DiagnosticSink,
): void {
  const deepest = layers.at(-1) ?? 0;
  for (const variant of new Map(steered.map((cell) => [cell.variant.value, cell.variant])).values()) {
    const from = files.models.get(variant.value);
    if (from === undefined || variant.value === application) continue;
    if (from.hiddenSize.value !== model.hiddenSize.value) {
      const width = (name: string, { hiddenSize }: Model): report.Width => ({
        variant: name,
        hiddenSize: hiddenSize.value,
        place: hiddenSize.place,
      });
      sink.report(report.hiddenSizesDiffer(variant.place, width(variant.value, from), width(application, model)));
    }
    if (deepest >= from.layers.value) {
      const place = spec.steering?.layers?.place ?? variant.place;
      sink.report(report.layersBeyondSource(place, deepest, variant.value, from.layers.value, from.layers.place));
    }
  }
}
