import type { PlanDocument } from "../compiler/plan/document.ts";
import { staleness, type PlanRequest } from "../compiler/plan/document.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan } from "../domain/state.ts";
import type { ProgressView } from "../report/progress/types.ts";
import { apply } from "../runtime/apply.ts";
import type { Outcome, RunEvent } from "../runtime/events.ts";
import { acquireLock } from "../runtime/lock.ts";
import { newRunId, openRunLog } from "../runtime/run-log.ts";
import { StateStore } from "../runtime/state.ts";
import { toolVersion } from "../runtime/tool-version.ts";
import { EXIT } from "./exit.ts";
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
}

/** Takes the lock, plans once more under it, and runs the plan. "stale" when a saved plan does not hold any more. */
export async function runPlan(options: RunOptions): Promise<Outcome | "stale"> {
  const { experiment, request, saved, keepGoing, view, host } = options;
  const lock = acquireLock(experiment.folder);
  const abort = new AbortController();
  const stop = onInterrupt(abort, host);
  try {
    const state = StateStore.open(experiment.folder);
    const plan = planAgainst(experiment, state, request);
    if (saved !== undefined && isStale(saved, plan, host)) return "stale";
    const runId = newRunId(new Date());
    const log = openRunLog(experiment.folder, runId);
    const emit = (event: RunEvent): void => {
      log(event);
      view.on(event);
    };
    if (lock.takenOver !== undefined) emit({ type: "notice", message: lock.takenOver });
    const { outcome } = await apply({
      experiment,
      plan,
      state,
      runId,
      toolVersion: toolVersion(),
      keepGoing,
      emit,
      signal: abort.signal,
    });
    return outcome;
  } finally {
    await view.close();
    stop();
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

/** Ctrl-C once: stop soon and keep what is finished. Twice: stop now. */
function onInterrupt(abort: AbortController, host: Host): () => void {
  const handler = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    host.err("Stopping; what is finished is kept. Once more stops at once.");
    abort.abort();
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return () => {
    process.off("SIGINT", handler);
    process.off("SIGTERM", handler);
  };
}
