import type { Task } from "../domain/task.ts";
import type { TaskRunner } from "./runners/types.ts";
import { modelsOf } from "./tasks/index.ts";

export interface PlacesOptions {
  /** Tasks at once on one runner, where they wait for a judge's server; the others run one by one. */
  readonly parallelism: number;
  /** Whether a task waits for a judge's server. */
  readonly waits: (task: Task) => boolean;
}

/** Which task runs where. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #running: ReadonlyMap<TaskRunner, Set<Task>>;
  /** Tasks whose process was lost once, and which it was. */
  readonly #lostBy = new Map<string, TaskRunner>();

  constructor(runners: readonly TaskRunner[], options: PlacesOptions) {
    this.#options = options;
    this.#running = new Map(runners.map((runner) => [runner, new Set()]));
  }

  /** There is one place only, and nothing runs there. */
  get isAlone(): boolean {
    return this.#running.size === 1 && [...this.#running.values()].every((running) => running.size === 0);
  }

  /** No task may run anywhere now. */
  get isFull(): boolean {
    return [...this.#running.values()].every((running) => running.size >= this.#options.parallelism);
  }

  /** Where a task may run now: where its models are loaded, if it can be, and not where it was lost. */
  placeFor(task: Task): TaskRunner | undefined {
    const lostBy = this.#running.size > 1 ? this.#lostBy.get(task.id) : undefined;
    const free = [...this.#running].filter(([runner, running]) => runner !== lostBy && this.#hasRoom(running, task));
    const loaded = (runner: TaskRunner): number => modelsOf(task).filter((variant) => runner.has(variant)).length;
    return free.map(([runner]) => runner).toSorted((a, b) => loaded(b) - loaded(a))[0];
  }

  #hasRoom(running: ReadonlySet<Task>, task: Task): boolean {
    if (running.size === 0) return true;
    const { parallelism, waits } = this.#options;
    return running.size < parallelism && [task, ...running].every(waits);
  }

  /** A task runs there until the answer is called. */
  enter(task: Task, runner: TaskRunner): () => void {
    const running = this.#running.get(runner);
    if (running === undefined) throw new Error("Internal error: a runner of another run");
    running.add(task);
    return () => running.delete(task);
  }

  /** The process that ran these is gone. False when they were lost before. */
  lose(group: readonly Task[], runner: TaskRunner): boolean {
    if (group.some(({ id }) => this.#lostBy.has(id))) return false;
    for (const { id } of group) this.#lostBy.set(id, runner);
    return true;
  }

  /** Frees the memory of every model that no used variant has, where nothing runs. */
  async closeUnused(isUsed: (variant: string) => boolean): Promise<void> {
    for (const [runner, running] of this.#running) if (running.size === 0) await runner.closeUnused(isUsed);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((runner) => runner.close()));
  }
}
