import { planDocument, type PlanDocument, type PlanRequest } from "../compiler/plan/document.ts";
import { totalsOf } from "../compiler/plan/totals.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ProgressView } from "../report/progress/types.ts";
import { observeState } from "../runtime/observe.ts";
import { toolVersion } from "../runtime/tool-version.ts";
import { obtainWeights, type WeightsJob } from "../runtime/weights/obtain.ts";
import type { Host } from "./host.ts";
import { compileSpec, planAgainst, showDiagnostics } from "./project.ts";

export { weightsToObtain } from "../runtime/weights/obtain.ts";

export interface Planned {
  readonly experiment: Experiment;
  readonly saved: PlanDocument | undefined;
}

export interface ObtainOptions {
  readonly jobs: readonly WeightsJob[];
  readonly spec: string | undefined;
  readonly request: PlanRequest;
  readonly json: boolean;
  readonly view: ProgressView;
  readonly host: Host;
  readonly signal: AbortSignal;
}

/**
 * Downloads and converts what a plan's models need, and reads the spec again, since its weights are known now: undefined,
 * with diagnostics shown, when they are not those that it wants. A saved plan that held before holds after.
 */
export async function obtainAndPlan({ saved }: Planned, options: ObtainOptions): Promise<Planned | undefined> {
  const { jobs, spec, request, json, view, host, signal } = options;
  try {
    await obtainWeights(jobs, (event) => view.on(event), signal);
  } catch (error) {
    await view.close();
    throw error;
  }
  const compiled = compileSpec(spec, host, { weights: "present", set: request.set });
  const { experiment } = compiled;
  if (experiment === undefined) {
    await view.close();
    showDiagnostics(compiled, json, host);
    return undefined;
  }
  if (saved === undefined) return { experiment, saved };
  const observed = await observeState(experiment.folder)();
  const plan = planAgainst(experiment, observed, request);
  const totals = totalsOf(experiment, plan, observed.records);
  const like = { spec: saved.spec, request, toolVersion: toolVersion(), fingerprints: true };
  return { experiment, saved: planDocument(experiment, plan, totals, like) };
}
