import type { Experiment } from "../domain/experiment.ts";
import type { Plan, PlannedTask } from "../domain/state.ts";
import { PHASES, type Phase, type Task } from "../domain/task.ts";
import { modelsOf, sharedWork } from "./tasks/index.ts";

/** What is left of a plan: which task is next, what runs with it, and what a failure blocks. Every step takes constant time. */
export class Schedule {
  readonly #tasks: ReadonlyMap<string, Task>;
  /** Not yet done, in plan order. */
  readonly #pending: Map<string, PlannedTask>;
  /** Those of them that run. */
  readonly #started = new Set<string>();
  readonly #sharing = new Map<string, string[]>();
  /** Tasks that are not started and that run a variant's model, by variant. */
  readonly #users = new Map<string, number>();
  /** Tasks that failed or are blocked, and the failure at their root. */
  readonly #lost = new Map<string, string>();

  constructor(experiment: Experiment, plan: Plan) {
    this.#tasks = new Map(experiment.tasks.map((task) => [task.id, task]));
    const todo = plan.tasks.filter(({ action }) => action === "create" || action === "rerun");
    this.#pending = new Map(todo.map((planned) => [planned.id, planned]));
    for (const { id } of todo) {
      const task = this.task(id);
      const key = sharedWork(task);
      if (key !== undefined) this.#sharing.set(key, (this.#sharing.get(key) ?? []).concat(id));
      for (const variant of modelsOf(task)) this.#users.set(variant, (this.#users.get(variant) ?? 0) + 1);
    }
  }

  task(id: string): Task {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new Error(`Internal error: no task ${id}`);
    return task;
  }

  /** Tasks that are not done. */
  get size(): number {
    return this.#pending.size;
  }

  /** Tasks that are not started, in plan order; those that are taken while going through it do not come up. */
  *pending(): Generator<Task> {
    for (const id of this.#pending.keys()) if (!this.#started.has(id)) yield this.task(id);
  }

  perPhase(): Record<Phase, number> {
    const counts = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
    for (const { phase } of this.pending()) counts[phase]++;
    return counts;
  }

  /** What the plan says of a task that is not done; undefined once it is, or is lost. */
  planned(id: string): PlannedTask | undefined {
    return this.#pending.get(id);
  }

  /** The task and those after it that share its work and are ready too. */
  groupOf(task: Task): Task[] {
    const key = sharedWork(task);
    if (key === undefined) return [task];
    return (this.#sharing.get(key) ?? [])
      .filter((id) => this.#pending.has(id) && !this.#started.has(id))
      .map((id) => this.task(id))
      .filter((other) => this.isReady(other));
  }

  /** Everything that it needs, and that it waits for, is done. */
  isReady(task: Task): boolean {
    return upstreamOf(task).every((need) => !this.#pending.has(need) && !this.#lost.has(need));
  }

  /** The failed task because of which a task cannot run. */
  blockedBy(task: Task): string | undefined {
    const lost = upstreamOf(task).find((need) => this.#lost.has(need));
    return lost === undefined ? undefined : this.#lost.get(lost);
  }

  start(task: Task): void {
    if (this.#started.has(task.id)) return;
    this.#started.add(task.id);
    for (const variant of modelsOf(task)) this.#users.set(variant, (this.#users.get(variant) ?? 0) - 1);
  }

  /** A task that was started, and is to be started once more. */
  putBack(task: Task): void {
    if (!this.#started.delete(task.id)) throw new Error(`Internal error: ${task.id} was not started`);
    for (const variant of modelsOf(task)) this.#users.set(variant, (this.#users.get(variant) ?? 0) + 1);
  }

  finish(task: Task): void {
    if (!this.#pending.delete(task.id)) throw new Error(`Internal error: ${task.id} was not planned`);
    this.start(task);
    this.#started.delete(task.id);
  }

  /** A task that failed is its own `root`. */
  lose(task: Task, root: string): void {
    this.finish(task);
    this.#lost.set(task.id, root);
  }

  /** Whether any task that is still to be started runs the variant's model. */
  uses(variant: string): boolean {
    return (this.#users.get(variant) ?? 0) > 0;
  }
}

/** What has to be done before a task starts: what it reads, and the gates before it. */
function upstreamOf({ needs, after }: Task): string[] {
  return [...needs, ...after];
}
