import type { PlanDocument } from "../compiler/plan/document.ts";
import { staleness, type PlanRequest } from "../compiler/plan/document.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan } from "../domain/state.ts";
import type { ProgressView } from "../report/progress/types.ts";
import { apply } from "../runtime/apply.ts";
import type { Outcome, RunEvent } from "../runtime/events.ts";
import { removeTemporaries } from "../runtime/files.ts";
import { acquireLock } from "../runtime/lock.ts";
import { newRunId, openRunLog } from "../runtime/run-log.ts";
import { StateStore } from "../runtime/state.ts";
import { toolVersion } from "../runtime/tool-version.ts";
import type { Host } from "./host.ts";
import { planAgainst } from "./project.ts";

export interface RunOptions {
  readonly experiment: Experiment;
  readonly request: PlanRequest;
  /** A plan that this must be, task for task. */
  readonly saved: PlanDocument | undefined;
  readonly keepGoing: boolean;
  readonly view: ProgressView;
  readonly host: Host;
  /** Aborted to stop soon. */
  readonly signal: AbortSignal;
}

const STOPPING = "Stopping; what is finished is kept. Once more stops at once.";

/** Takes the lock, plans once more under it, and runs the plan. "stale" when a saved plan does not hold any more. */
export async function runPlan(options: RunOptions): Promise<Outcome | "stale"> {
  const { experiment, request, saved, keepGoing, view, host, signal } = options;
  const lock = acquireLock(experiment.folder);
  try {
    if (lock.takenOver !== undefined) removeTemporaries(experiment.folder);
    const state = StateStore.open(experiment.folder);
    const plan = planAgainst(experiment, state, request);
    if (saved !== undefined && isStale(saved, plan, host)) return "stale";
    const runId = newRunId(new Date());
    const log = openRunLog(experiment.folder, runId, (message) => view.on({ type: "notice", message }));
    const emit = (event: RunEvent): void => {
      log(event);
      view.on(event);
    };
    if (lock.takenOver !== undefined) emit({ type: "notice", message: lock.takenOver });
    signal.addEventListener("abort", () => emit({ type: "notice", message: STOPPING }), { once: true });
    const { outcome } = await apply({
      experiment,
      plan,
      state,
      runId,
      toolVersion: toolVersion(),
      keepGoing,
      emit,
      signal,
    });
    return outcome;
  } finally {
    await view.close();
    lock.release();
  }
}

/** Changes that a message names. */
const MAX_CHANGES = 10;

/** Says what has moved on since a plan was saved. */
export function isStale(saved: PlanDocument, plan: Plan, host: Host): boolean {
  const changed = staleness(saved, plan);
  if (changed.length === 0) return false;
  host.err("error: the saved plan does not hold any more:");
  for (const change of changed.slice(0, MAX_CHANGES)) host.err(`  ${change}`);
  if (changed.length > MAX_CHANGES) host.err(`  and ${changed.length - MAX_CHANGES} more`);
  host.err("hint: make it again with steerform plan --out.");
  return true;
}
