import { setImmediate } from "node:timers/promises";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan, Provenance } from "../domain/state.ts";
import type { Task } from "../domain/task.ts";
import { removeCheckpoint, removeCheckpoints } from "./checkpoint.ts";
import type { Emit, Outcome, RunCounts } from "./events.ts";
import { Interrupted, type Failure } from "./failures.ts";
import { removeOutgrown } from "./garbage.ts";
import { machineProvenance, type MachineProvenance } from "./provenance.ts";
import { Recorder } from "./recorder.ts";
import { runFailure } from "./runners/failed.ts";
import { openRunners } from "./runners/index.ts";
import type { Execute } from "./runners/local.ts";
import { RunnerLost, type Ran, type TaskRunner } from "./runners/types.ts";
import { Places } from "./places.ts";
import { Schedule } from "./schedule.ts";
import type { StateStore } from "./state.ts";
import { isJudged, modelsOf } from "./tasks/index.ts";

export interface ApplyOptions {
  readonly experiment: Experiment;
  /** Made against `state` while the lock is held. */
  readonly plan: Plan;
  readonly state: StateStore;
  readonly runId: string;
  readonly toolVersion: string;
  readonly keepGoing: boolean;
  /** Tasks at once, where they wait for a judge's server; the others run one by one. */
  readonly parallelism: number;
  readonly emit: Emit;
  /** What runs the tasks: the executors of all kinds when left out. */
  readonly execute?: Execute | undefined;
  /** Aborted to stop soon; what is finished is kept. */
  readonly signal: AbortSignal;
}

/** Executes what the plan says must run, in order. A failed task blocks its dependants and, unless keepGoing, ends the run. */
export async function apply(options: ApplyOptions): Promise<{ outcome: Outcome; counts: RunCounts }> {
  const run = new Run(options);
  return run.start();
}

/** Tasks that are not ready yet and are passed over. */
const LOOK_AHEAD = 50;

class Run {
  readonly #options: ApplyOptions;
  readonly #places: Places;
  readonly #schedule: Schedule;
  readonly #recorder: Recorder;
  readonly #machine: MachineProvenance;
  #done = 0;
  #failed = 0;
  #blocked = 0;

  constructor(options: ApplyOptions) {
    const { experiment, plan, state, signal, emit, execute, parallelism } = options;
    this.#options = options;
    const notice = (message: string): void => emit({ type: "notice", message });
    const runners = openRunners(experiment, { records: state.records, signal, notice, execute });
    this.#places = new Places(runners, {
      parallelism,
      waits: (task) => isJudged(task) && experiment.judge?.provider === "openai",
    });
    this.#schedule = new Schedule(experiment, plan);
    this.#recorder = new Recorder(experiment.folder, state);
    this.#machine = machineProvenance(experiment.projectDir);
  }

  async start(): Promise<{ outcome: Outcome; counts: RunCounts }> {
    const { emit, experiment, plan, runId } = this.#options;
    const began = performance.now();
    const kept = plan.tasks.filter(({ action }) => action === "keep").length;
    emit({ type: "run-started", runId, experiment: experiment.name, todo: this.#schedule.perPhase(), kept });
    let outcome: Outcome = "done";
    try {
      removeCheckpoints(experiment.folder, new Set(plan.tasks.map(({ digest }) => digest)));
      outcome = await this.#runAll();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      outcome = "interrupted";
    } finally {
      await this.#places.close();
    }
    const left = this.#schedule.size;
    const counts = { done: this.#done, failed: this.#failed, blocked: this.#blocked, left, kept };
    emit({ type: "run-finished", outcome, counts, durationMs: performance.now() - began });
    return { outcome, counts };
  }

  /**
   * In plan order, a runner one task after the other: what is made is put on the disk while the next task runs, if it does
   * not wait for it. Tasks that wait for a judge's server run several at a time, so that the model writes for one while
   * another's answers are judged.
   */
  async #runAll(): Promise<Outcome> {
    /** Until they are recorded. */
    const groups = new Map<Task, Promise<void>>();
    let stopped = false;
    let wake = (): void => undefined;
    const start = (task: Task, runner: TaskRunner): void => {
      const group = this.#schedule.groupOf(task);
      for (const one of group) this.#schedule.start(one);
      const leave = this.#places.enter(task, runner);
      const executed = (): void => {
        leave();
        wake();
      };
      const work = this.#runGroup(group, runner, executed).then((failure) => {
        groups.delete(task);
        stopped ||= failure !== undefined && !this.#options.keepGoing;
      });
      // It may be stopped while nobody waits for it; whoever waits next hears of it.
      work.catch(() => undefined);
      groups.set(task, work);
    };
    try {
      for (;;) {
        if (this.#options.signal.aborted) throw new Interrupted();
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const next = stopped || this.#recorder.isFull ? undefined : this.#next();
        if (next !== undefined) start(next.task, next.runner);
        else if (groups.size > 0) await Promise.race([woken, ...groups.values()]);
        else break;
        // Tasks that never wait, of which there can be thousands, would keep Ctrl-C and the progress waiting.
        await setImmediate();
        await this.#places.closeUnused((variant) => this.#schedule.uses(variant));
      }
    } finally {
      // A task that is stopped with the others ends by itself, and soon.
      await Promise.allSettled(groups.values());
    }
    for (const left of this.#schedule.pending()) this.#block(left);
    return this.#failed > 0 ? "failed" : "done";
  }

  /** The first task in plan order that may run now, and where. */
  #next(): { readonly task: Task; readonly runner: TaskRunner } | undefined {
    if (this.#places.isFull) return undefined;
    let looked = 0;
    for (const task of this.#schedule.pending()) {
      // What was done before is told before.
      if (this.#recorder.size > 0 && this.#schedule.blockedBy(task) !== undefined) return undefined;
      if (this.#block(task)) continue;
      const runner = this.#places.placeFor(task);
      if (runner === undefined || ++looked > LOOK_AHEAD) return undefined;
      if (this.#schedule.isReady(task)) return { task, runner };
      // Alone, what it needs is on its way to the disk: the plan's order is kept.
      if (this.#places.isAlone) return undefined;
    }
    return undefined;
  }

  /** Marks a task whose upstream, or whose gate, was lost. */
  #block(task: Task): boolean {
    const by = this.#schedule.blockedBy(task);
    if (by === undefined) return false;
    this.#schedule.lose(task, by);
    this.#blocked++;
    this.#options.emit({ type: "task-blocked", id: task.id, phase: task.phase, by });
    return true;
  }

  /** Resolves when the tasks are recorded, or have failed. `executed` is called before, when their work is done. */
  async #runGroup(group: readonly Task[], runner: TaskRunner, executed: () => void): Promise<Failure | undefined> {
    const { emit } = this.#options;
    const began = performance.now();
    for (const task of group) emit({ type: "task-started", id: task.id, phase: task.phase });
    try {
      const ran = await this.#execute(group, runner).finally(executed);
      const durationMs = (performance.now() - began) / group.length;
      await this.#recorder.all(group.map((task) => this.#record(task, ran, durationMs)));
      return undefined;
    } catch (error) {
      if (error instanceof RunnerLost && this.#mayTryAgain(group, runner, error)) return undefined;
      const failure = error instanceof Interrupted ? undefined : runFailure(error);
      if (failure === undefined) throw error;
      await this.#recorder.idle();
      for (const task of group) {
        if (this.#schedule.planned(task.id) === undefined) continue;
        this.#schedule.lose(task, task.id);
        this.#failed++;
        emit({ type: "task-failed", id: task.id, phase: task.phase, failure });
      }
      return failure;
    }
  }

  /** A task whose process was lost has one more try: what it had done is in its checkpoint. */
  #mayTryAgain(group: readonly Task[], runner: TaskRunner, { message }: RunnerLost): boolean {
    const [first] = group;
    if (first === undefined || !this.#places.lose(group, runner)) return false;
    for (const task of group) this.#schedule.putBack(task);
    const notice = `The process that ran ${first.id} is gone (${message}): it runs once more.`;
    this.#options.emit({ type: "notice", message: notice });
    return true;
  }

  #execute(group: readonly Task[], runner: TaskRunner): Promise<Ran> {
    const { emit, experiment, state } = this.#options;
    for (const task of group) {
      removeOutgrown(task, state.records.get(task.id), experiment);
      state.forget(task.id);
    }
    const [first] = group;
    const planned = first === undefined ? undefined : this.#schedule.planned(first.id);
    if (first === undefined || planned === undefined) throw new Error("Internal error: nothing to run");
    const { id, phase } = first;
    return runner.run(
      { group, digest: planned.digest },
      {
        progress: (progress) => emit({ type: "task-progress", id, phase, progress }),
        notice: (message) => emit({ type: "notice", message }),
      },
    );
  }

  async #record(task: Task, ran: Ran, durationMs: number): Promise<void> {
    const { emit, experiment, toolVersion } = this.#options;
    const outputs = ran.outputs.get(task.id) ?? new Map();
    const planned = this.#schedule.planned(task.id);
    if (planned === undefined) throw new Error(`Internal error: ${task.id} was not planned`);
    const { id, phase } = task;
    const { fingerprint, digest } = planned;
    await this.#recorder.record(task, outputs, {
      id,
      fingerprint,
      digest,
      durationMs: Math.round(durationMs),
      finishedAt: new Date().toISOString(),
      toolVersion,
      provenance: this.#provenance(task, ran),
    });
    this.#schedule.finish(task);
    this.#done++;
    emit({ type: "task-finished", id, phase, durationMs });
    removeCheckpoint(experiment.folder, digest);
  }

  #provenance(task: Task, { provider, peakMemoryBytes }: Ran): Provenance {
    const { experiment, runId } = this.#options;
    const model = modelsOf(task).length === 0 ? {} : { provider, dtype: experiment.engine.dtype };
    return { ...this.#machine, ...model, run: runId, peak_memory_bytes: peakMemoryBytes };
  }
}
