import { setImmediate } from "node:timers/promises";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan, Provenance } from "../domain/state.ts";
import type { Task } from "../domain/task.ts";
import { ArtifactReader } from "./artifact-reader.ts";
import { Checkpoint, removeCheckpoint, removeCheckpoints } from "./checkpoint.ts";
import type { Emit, Outcome, RunCounts } from "./events.ts";
import { failureOf, Interrupted, type Failure } from "./failures.ts";
import { syncFolder, writeOutput } from "./files.ts";
import { openJudge } from "./judge/index.ts";
import type { Judge } from "./judge/types.ts";
import { ModelPool } from "./model-pool.ts";
import { machineProvenance, peakMemoryBytes, type MachineProvenance } from "./provenance.ts";
import { Schedule } from "./schedule.ts";
import type { StateStore } from "./state.ts";
import type { Outputs, TaskContext } from "./tasks/context.ts";
import { execute, modelsOf } from "./tasks/index.ts";

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
   * In plan order, one task after the other; but tasks that wait for a judge's server run several at a time, so that the
   * model writes for one while another's answers are judged.
   */
  async #runAll(): Promise<Outcome> {
    const running = new Map<Task, Promise<void>>();
    let stopped = false;
    const start = (task: Task): void => {
      const group = this.#schedule.groupOf(task);
      const work = this.#runGroup(group).then((failure) => {
        running.delete(task);
        stopped ||= failure !== undefined && !this.#options.keepGoing;
      });
      // It may be stopped while nobody waits for it; whoever waits next hears of it.
      work.catch(() => undefined);
      running.set(task, work);
    };
    try {
      for (;;) {
        if (this.#options.signal.aborted) throw new Interrupted();
        const next = stopped ? undefined : this.#nextBeside([...running.keys()]);
        if (next !== undefined) start(next);
        else if (running.size > 0) await Promise.race(running.values());
        else break;
        // Tasks that never wait, of which there can be thousands, would keep Ctrl-C and the progress waiting.
        await setImmediate();
        if (running.size === 0) await this.#models.closeUnused((variant) => this.#schedule.uses(variant));
      }
    } finally {
      // A task that is stopped with the others ends by itself, and soon.
      await Promise.allSettled(running.values());
    }
    for (const left of this.#schedule.pending()) this.#block(left);
    return this.#failed > 0 ? "failed" : "done";
  }

  /** The first task in plan order that may run beside these. */
  #nextBeside(running: readonly Task[]): Task | undefined {
    if (running.length >= this.#options.parallelism) return undefined;
    let looked = 0;
    for (const task of this.#schedule.pending()) {
      if (running.includes(task) || this.#block(task)) continue;
      if (running.length === 0) return task;
      if (![task, ...running].every((one) => this.#waitsForServer(one)) || ++looked > LOOK_AHEAD) return undefined;
      if (this.#schedule.isReady(task)) return task;
    }
    return undefined;
  }

  #waitsForServer({ kind }: Task): boolean {
    const isJudged = kind === "baseline" || kind === "steering" || kind === "refine" || kind === "combination";
    return isJudged && this.#options.experiment.judge?.provider === "openai";
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

  async #runGroup(group: readonly Task[]): Promise<Failure | undefined> {
    const { emit, state } = this.#options;
    const began = performance.now();
    for (const task of group) emit({ type: "task-started", id: task.id, phase: task.phase });
    try {
      for (const task of group) state.forget(task.id);
      const outputs = await this.#execute(group);
      const durationMs = (performance.now() - began) / group.length;
      for (const task of group) this.#finish(task, outputs.get(task.id) ?? new Map(), durationMs);
      return undefined;
    } catch (error) {
      const failure = error instanceof Interrupted ? undefined : failureOf(error);
      if (failure === undefined) throw error;
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
    const { experiment, emit, signal } = this.#options;
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
    };
    return this.#untilAborted((this.#options.execute ?? execute)(group, context));
  }

  #finish(task: Task, outputs: Outputs, durationMs: number): void {
    const { emit, experiment, state, toolVersion } = this.#options;
    const planned = this.#schedule.planned(task.id);
    if (planned === undefined) throw new Error(`Internal error: ${task.id} was not planned`);
    const folders = new Set<string>();
    const written = task.outputs.map((path) => {
      const content = outputs.get(path);
      if (content === undefined) throw new Error(`Internal error: ${task.id} did not make ${path}`);
      const isContent = typeof content === "string" || content instanceof Uint8Array;
      return isContent ? writeOutput(experiment.folder, path, content, (one) => folders.add(one)) : content;
    });
    for (const one of folders) syncFolder(one);
    const { id, phase } = task;
    const { fingerprint, digest } = planned;
    const finishedAt = new Date().toISOString();
    state.record({
      id,
      fingerprint,
      digest,
      outputs: written,
      durationMs: Math.round(durationMs),
      finishedAt,
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
}
