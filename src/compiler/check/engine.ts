import { budgetWithoutPrice, dtypeOnCpu } from "../../diagnostics/catalog/phases.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Spec } from "../lower/spec.ts";

/** How models run, and what the judge may cost. */
export function checkEngine({ engine, enginePlaces, judge }: Spec, sink: DiagnosticSink): void {
  const { provider, dtype } = engine;
  if (provider === "cpu" && dtype !== "auto" && dtype !== "float32") {
    sink.report(dtypeOnCpu(enginePlaces.dtype, dtype, enginePlaces.provider));
  }
  if (judge?.provider !== "openai") return;
  if (judge.budget.usd !== undefined && judge.price === undefined)
    sink.report(budgetWithoutPrice(judge.budget.usd.place));
}
