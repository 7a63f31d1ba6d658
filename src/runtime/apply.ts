import { setImmediate } from "node:timers/promises";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan, Provenance } from "../domain/state.ts";
import type { Task } from "../domain/task.ts";
import { ArtifactReader } from "./artifact-reader.ts";
import { Checkpoint, removeCheckpoint, removeCheckpoints } from "./checkpoint.ts";
import type { Emit, Outcome, RunCounts } from "./events.ts";
import { failureOf, Interrupted, type Failure } from "./failures.ts";
import { writeOutput } from "./files.ts";
import { removeOutgrown } from "./garbage.ts";
import { openJudge } from "./judge/index.ts";
import type { Judge } from "./judge/types.ts";
import { ModelPool } from "./model-pool.ts";
import { machineProvenance, peakMemoryBytes, type MachineProvenance } from "./provenance.ts";
import { Recorder } from "./recorder.ts";
import { Schedule } from "./schedule.ts";
import type { StateStore } from "./state.ts";
import type { Outputs, TaskContext } from "./tasks/context.ts";
import { execute, isJudged, modelsOf } from "./tasks/index.ts";
import { untilAborted } from "./until-aborted.ts";

export type Execute = typeof execute;

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
  readonly execute?: Execute;
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
  readonly #models: ModelPool;
  readonly #artifacts: ArtifactReader;
  readonly #schedule: Schedule;
  readonly #recorder: Recorder;
  readonly #machine: MachineProvenance;
  #judge: Promise<Judge> | undefined;
  #done = 0;
  #failed = 0;
  #blocked = 0;

  constructor(options: ApplyOptions) {
    const { experiment, plan, state } = options;
    this.#options = options;
    this.#models = new ModelPool(experiment, options.emit);
    this.#artifacts = new ArtifactReader(experiment, state.records);
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
      await this.#models.close();
    }
    const left = this.#schedule.size;
    const counts = { done: this.#done, failed: this.#failed, blocked: this.#blocked, left, kept };
    emit({ type: "run-finished", outcome, counts, durationMs: performance.now() - began });
    return { outcome, counts };
  }

  /**
   * In plan order, one task after the other: what is made is put on the disk while the next task runs, if it does not wait
   * for it. Tasks that wait for a judge's server run several at a time, so that the model writes for one while another's
   * answers are judged.
   */
  async #runAll(): Promise<Outcome> {
    /** Until they are recorded. */
    const groups = new Map<Task, Promise<void>>();
    const running = new Set<Task>();
    let stopped = false;
    let wake = (): void => undefined;
    const start = (task: Task): void => {
      const group = this.#schedule.groupOf(task);
      for (const one of group) this.#schedule.start(one);
      running.add(task);
      const executed = (): void => {
        running.delete(task);
        wake();
      };
      const work = this.#runGroup(group, executed).then((failure) => {
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
        const next = stopped || this.#recorder.isFull ? undefined : this.#nextBeside([...running]);
        if (next !== undefined) start(next);
        else if (groups.size > 0) await Promise.race([woken, ...groups.values()]);
        else break;
        // Tasks that never wait, of which there can be thousands, would keep Ctrl-C and the progress waiting.
        await setImmediate();
        if (running.size === 0) await this.#models.closeUnused((variant) => this.#schedule.uses(variant));
      }
    } finally {
      // A task that is stopped with the others ends by itself, and soon.
      await Promise.allSettled(groups.values());
    }
    for (const left of this.#schedule.pending()) this.#block(left);
    return this.#failed > 0 ? "failed" : "done";
  }

  /** The first task in plan order that may run beside these. */
  #nextBeside(running: readonly Task[]): Task | undefined {
    if (running.length >= this.#options.parallelism) return undefined;
    let looked = 0;
    for (const task of this.#schedule.pending()) {
      // What was done before is told before.
      if (this.#recorder.size > 0 && this.#schedule.blockedBy(task) !== undefined) return undefined;
      if (this.#block(task)) continue;
      const isReady = this.#schedule.isReady(task);
      if (running.length === 0) return isReady ? task : undefined;
      if (![task, ...running].every((one) => this.#waitsForServer(one)) || ++looked > LOOK_AHEAD) return undefined;
      if (isReady) return task;
    }
    return undefined;
  }

  #waitsForServer(task: Task): boolean {
    return isJudged(task) && this.#options.experiment.judge?.provider === "openai";
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
  async #runGroup(group: readonly Task[], executed: () => void): Promise<Failure | undefined> {
    const { emit } = this.#options;
    const began = performance.now();
    for (const task of group) emit({ type: "task-started", id: task.id, phase: task.phase });
    try {
      const outputs = await this.#execute(group).finally(executed);
      const durationMs = (performance.now() - began) / group.length;
      await this.#recorder.all(group.map((task) => this.#record(task, outputs.get(task.id) ?? new Map(), durationMs)));
      return undefined;
    } catch (error) {
      const failure = error instanceof Interrupted ? undefined : failureOf(error);
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

  async #execute(group: readonly Task[]): Promise<Map<string, Outputs>> {
    const { experiment, emit, signal, state } = this.#options;
    for (const task of group) {
      removeOutgrown(task, state.records.get(task.id), experiment);
      state.forget(task.id);
    }
    const [first] = group;
    const planned = first === undefined ? undefined : this.#schedule.planned(first.id);
    if (first === undefined || planned === undefined) throw new Error("Internal error: nothing to run");
    const { id, phase } = first;
    const checkpoint = new Checkpoint(experiment.folder, planned.digest);
    const context: TaskContext = {
      experiment,
      signal,
      model: (variant) => this.#models.get(variant),
      judge: () => (this.#judge ??= openJudge(experiment, this.#models, signal)),
      readFile: (path) => this.#artifacts.read(path),
      writeFile: (path, content) => writeOutput(experiment.folder, path, content),
      step: (name, make, mayKeep = () => true) => checkpoint.step(name, make, mayKeep),
      bytesStep: (name, make) => checkpoint.bytesStep(name, make),
      progress: (progress) => emit({ type: "task-progress", id, phase, progress }),
      notice: (message) => emit({ type: "notice", message }),
    };
    // When it is not waited for any more, the engine's worker is ended with its model.
    return untilAborted((this.#options.execute ?? execute)(group, context), signal);
  }

  async #record(task: Task, outputs: Outputs, durationMs: number): Promise<void> {
    const { emit, experiment, toolVersion } = this.#options;
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
      provenance: this.#provenance(task),
    });
    this.#schedule.finish(task);
    this.#done++;
    emit({ type: "task-finished", id, phase, durationMs });
    removeCheckpoint(experiment.folder, digest);
  }

  #provenance(task: Task): Provenance {
    const { experiment, runId } = this.#options;
    const [variant] = modelsOf(task);
    const ran =
      variant === undefined ? {} : { provider: this.#models.provider(variant), dtype: experiment.engine.dtype };
    return { ...this.#machine, ...ran, run: runId, peak_memory_bytes: peakMemoryBytes() };
  }
}
