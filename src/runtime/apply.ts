import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan, PlannedTask } from "../domain/state.ts";
import type { Phase, Task } from "../domain/task.ts";
import { PHASES } from "../domain/task.ts";
import type { Emit, Outcome, RunCounts } from "./events.ts";
import { failureOf, Interrupted, RuntimeFailure, type Failure } from "./failures.ts";
import { writeOutput } from "./files.ts";
import { openJudge } from "./judge/index.ts";
import type { Judge } from "./judge/types.ts";
import { ModelPool } from "./model-pool.ts";
import type { StateStore } from "./state.ts";
import type { Outputs, TaskContext } from "./tasks/context.ts";
import { execute, modelsOf, sharedWork } from "./tasks/index.ts";

export interface ApplyOptions {
  readonly experiment: Experiment;
  /** Made against `state` while the lock is held. */
  readonly plan: Plan;
  readonly state: StateStore;
  readonly runId: string;
  readonly toolVersion: string;
  readonly keepGoing: boolean;
  readonly emit: Emit;
  /** Aborted to stop soon; what is finished is kept. */
  readonly signal: AbortSignal;
}

/** Executes what the plan says must run, in order. A failed task blocks its dependants and, unless keepGoing, ends the run. */
export async function apply(options: ApplyOptions): Promise<{ outcome: Outcome; counts: RunCounts }> {
  const run = new Run(options);
  return run.start();
}

class Run {
  readonly #options: ApplyOptions;
  readonly #models: ModelPool;
  #judge: Promise<Judge> | undefined;
  readonly #tasks: ReadonlyMap<string, Task>;
  /** Not yet run, in plan order. */
  readonly #pending: Map<string, PlannedTask>;
  /** Tasks that failed or are blocked, and the failure at their root. */
  readonly #lost = new Map<string, string>();
  #done = 0;
  #failed = 0;

  constructor(options: ApplyOptions) {
    this.#options = options;
    this.#models = new ModelPool(options.experiment);
    this.#tasks = new Map(options.experiment.tasks.map((task) => [task.id, task]));
    const todo = options.plan.tasks.filter(({ action }) => action === "create" || action === "rerun");
    this.#pending = new Map(todo.map((planned) => [planned.id, planned]));
  }

  async start(): Promise<{ outcome: Outcome; counts: RunCounts }> {
    const { emit, experiment, plan, runId } = this.#options;
    const began = performance.now();
    const kept = plan.tasks.filter(({ action }) => action === "keep").length;
    emit({ type: "run-started", runId, experiment: experiment.name, todo: this.#perPhase(), kept });
    let outcome: Outcome = "done";
    try {
      outcome = await this.#runAll();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      outcome = "interrupted";
    } finally {
      await this.#models.close();
    }
    const counts = { done: this.#done, failed: this.#failed, blocked: this.#lost.size - this.#failed, kept };
    emit({ type: "run-finished", outcome, counts, durationMs: performance.now() - began });
    return { outcome, counts };
  }

  async #runAll(): Promise<Outcome> {
    for (const [id, planned] of this.#pending) {
      if (this.#options.signal.aborted) throw new Interrupted();
      const task = this.#task(id);
      if (this.#isBlocked(task)) continue;
      const group = this.#groupOf(task);
      const failure = await this.#runGroup(group, planned);
      if (failure !== undefined && !this.#options.keepGoing) {
        for (const left of this.#pending.keys()) this.#isBlocked(this.#task(left));
        return "failed";
      }
      await this.#models.keepOnly([...this.#pending.keys()].flatMap((left) => modelsOf(this.#task(left))));
    }
    return this.#failed > 0 ? "failed" : "done";
  }

  /** Marks a task whose upstream was lost. */
  #isBlocked(task: Task): boolean {
    const lost = task.needs.find((need) => this.#lost.has(need));
    if (lost === undefined) return false;
    const by = this.#lost.get(lost) as string;
    this.#lost.set(task.id, by);
    this.#pending.delete(task.id);
    this.#options.emit({ type: "task-blocked", id: task.id, phase: task.phase, by });
    return true;
  }

  /** The task and those after it that share its work and are ready too. */
  #groupOf(task: Task): Task[] {
    const key = sharedWork(task);
    if (key === undefined) return [task];
    return [...this.#pending.keys()]
      .map((id) => this.#task(id))
      .filter((other) => sharedWork(other) === key && other.needs.every((need) => !this.#pending.has(need)));
  }

  async #runGroup(group: readonly Task[], planned: PlannedTask): Promise<Failure | undefined> {
    const { emit, state } = this.#options;
    const began = performance.now();
    for (const task of group) {
      state.forget(task.id);
      emit({ type: "task-started", id: task.id, phase: task.phase });
    }
    try {
      const outputs = await this.#untilAborted(execute(group, this.#context(planned)));
      const durationMs = (performance.now() - began) / group.length;
      for (const task of group) this.#finish(task, outputs.get(task.id) ?? new Map(), durationMs);
      return undefined;
    } catch (error) {
      const failure = error instanceof Interrupted ? undefined : failureOf(error);
      if (failure === undefined) throw error;
      for (const task of group) {
        if (!this.#pending.delete(task.id)) continue;
        this.#failed++;
        this.#lost.set(task.id, task.id);
        emit({ type: "task-failed", id: task.id, phase: task.phase, failure });
      }
      return failure;
    }
  }

  #finish(task: Task, outputs: Outputs, durationMs: number): void {
    const { emit, experiment, state, toolVersion } = this.#options;
    const planned = this.#pending.get(task.id);
    if (planned === undefined) throw new Error(`Internal error: ${task.id} was not planned`);
    const written = task.outputs.map((path) => {
      const content = outputs.get(path);
      if (content === undefined) throw new Error(`Internal error: ${task.id} did not make ${path}`);
      return writeOutput(experiment.folder, path, content);
    });
    state.record({
      id: task.id,
      fingerprint: planned.fingerprint,
      digest: planned.digest,
      outputs: written,
      durationMs: Math.round(durationMs),
      finishedAt: new Date().toISOString(),
      toolVersion,
    });
    this.#pending.delete(task.id);
    this.#done++;
    emit({ type: "task-finished", id: task.id, phase: task.phase, durationMs });
  }

  #context(planned: PlannedTask): TaskContext {
    const { experiment, emit, signal } = this.#options;
    const { id, phase } = this.#task(planned.id);
    return {
      experiment,
      signal,
      model: (variant) => this.#models.get(variant),
      judge: () => (this.#judge ??= openJudge(experiment, this.#models, signal)),
      readFile: (path) => readArtifact(experiment.folder, path),
      progress: (progress) => emit({ type: "task-progress", id, phase, progress }),
    };
  }

  /** Stops waiting when the user interrupts; the engine's worker is ended with its model. */
  async #untilAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(new Interrupted());
      signal.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #task(id: string): Task {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new Error(`Internal error: no task ${id}`);
    return task;
  }

  #perPhase(): Record<Phase, number> {
    const ids = [...this.#pending.keys()];
    const count = (phase: Phase) => ids.filter((id) => this.#task(id).phase === phase).length;
    return Object.fromEntries(PHASES.map((phase) => [phase, count(phase)])) as Record<Phase, number>;
  }
}

/** Throws RuntimeFailure `artifact-damaged`. */
function readArtifact(folder: string, path: string): Uint8Array {
  try {
    return readFileSync(join(folder, path));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw new RuntimeFailure(
      "artifact-damaged",
      `${path} is gone.`,
      "Apply again: the task that makes it then runs again.",
    );
  }
}
