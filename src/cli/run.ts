import type { PlanDocument, PlanRequest } from "../compiler/plan/document.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ProgressView } from "../report/progress/types.ts";
import { apply } from "../runtime/apply.ts";
import type { Outcome, RunEvent } from "../runtime/events.ts";
import { removeTemporaries } from "../runtime/files.ts";
import { acquireLock } from "../runtime/lock.ts";
import { observeState } from "../runtime/observe.ts";
import { newRunId, openRunLog } from "../runtime/run-log.ts";
import { StateStore } from "../runtime/state.ts";
import { toolVersion } from "../runtime/tool-version.ts";
import type { Host } from "./host.ts";
import { planAgainst } from "./project.ts";
import { Reporting } from "./reporting.ts";
import { isStale } from "./stale.ts";

export interface RunOptions {
  readonly experiment: Experiment;
  readonly request: PlanRequest;
  /** A plan that this must be, task for task. */
  readonly saved: PlanDocument | undefined;
  readonly keepGoing: boolean;
  readonly parallelism: number;
  readonly view: ProgressView;
  readonly host: Host;
  /** Aborted to stop soon. */
  readonly signal: AbortSignal;
}

const STOPPING = "Stopping; what is finished is kept. Once more stops at once.";

/** Takes the lock, plans once more under it, and runs the plan. "stale" when a saved plan does not hold any more. */
export async function runPlan(options: RunOptions): Promise<Outcome | "stale"> {
  const { experiment, request, saved, keepGoing, parallelism, view, host, signal } = options;
  const lock = acquireLock(experiment.folder);
  let stopping = (): void => undefined;
  try {
    if (lock.takenOver !== undefined) removeTemporaries(experiment.folder);
    const state = StateStore.open(experiment.folder);
    const plan = planAgainst(experiment, await observeState(experiment.folder)(), request);
    if (saved !== undefined && isStale(saved, plan, host)) return "stale";
    const runId = newRunId(new Date());
    const log = openRunLog(experiment.folder, runId, (message) => view.on({ type: "notice", message }));
    const tell = (event: RunEvent): void => {
      log(event);
      view.on(event);
    };
    const reporting = new Reporting(experiment, host.cwd, (message) => tell({ type: "notice", message }));
    const checkpoints = new Set(experiment.tasks.flatMap(({ id, kind }) => (kind === "checkpoint" ? [id] : [])));
    let finished: RunEvent | undefined;
    const emit = (event: RunEvent): void => {
      // The last event of a stream: the report comes before.
      if (event.type === "run-finished") finished = event;
      else tell(event);
      if (event.type === "task-finished" && checkpoints.has(event.id)) reporting.write();
    };
    if (lock.takenOver !== undefined) emit({ type: "notice", message: lock.takenOver });
    stopping = () => emit({ type: "notice", message: STOPPING });
    signal.addEventListener("abort", stopping);
    const { outcome } = await apply({
      experiment,
      plan,
      state,
      runId,
      toolVersion: toolVersion(),
      keepGoing,
      parallelism,
      emit,
      signal,
    });
    await (outcome === "interrupted" ? reporting.idle() : reporting.end());
    if (finished !== undefined) tell(finished);
    return outcome;
  } finally {
    signal.removeEventListener("abort", stopping);
    await view.close();
    lock.release();
  }
}
