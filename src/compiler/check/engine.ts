import {
  budgetWithoutPrice,
  devicesOfOthers,
  dtypeOfOthers,
  workersBesideDevices,
} from "../../diagnostics/catalog/phases.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { DTYPES_OF } from "../../domain/engine.ts";
import type { Spec } from "../lower/spec.ts";

/** How models run, and what the judge may cost. */
export function checkEngine({ engine, enginePlaces, judge }: Spec, sink: DiagnosticSink): void {
  const { provider, dtype, devices, workers } = engine;
  if (provider !== "auto" && dtype !== "auto" && !DTYPES_OF[provider].includes(dtype)) {
    const dtypes = DTYPES_OF[provider];
    sink.report(dtypeOfOthers(enginePlaces.dtype, dtype, { name: provider, place: enginePlaces.provider, dtypes }));
  }
  if (devices !== undefined && provider !== "auto" && provider !== "cuda") {
    sink.report(devicesOfOthers(enginePlaces.devices, { name: provider, place: enginePlaces.provider }));
  }
  if (devices !== undefined && workers > 1) {
    sink.report(workersBesideDevices(enginePlaces.workers, enginePlaces.devices));
  }
  if (judge?.provider !== "openai") return;
  if (judge.budget.usd !== undefined && judge.price === undefined)
    sink.report(budgetWithoutPrice(judge.budget.usd.place));
}
