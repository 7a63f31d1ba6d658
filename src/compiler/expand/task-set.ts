import { conflictingTasks } from "../../diagnostics/catalog/matrix.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Task } from "../../domain/task.ts";
import { changes } from "../fingerprint/changes.ts";

/** Tasks by id, in the order of their first use. Cells that reach the same task share it. */
export class TaskSet {
  readonly #tasks = new Map<string, { readonly task: Task; readonly place: Place }>();
  readonly #sink: DiagnosticSink;

  constructor(sink: DiagnosticSink) {
    this.#sink = sink;
  }

  /** Adds a task, unless it is there; one of the same id and other parameters is reported at `place`. Returns its id. */
  add(task: Task, place: Place): string {
    const before = this.#tasks.get(task.id);
    if (before === undefined) {
      this.#tasks.set(task.id, { task: this.#shaped(task), place });
      return task.id;
    }
    const [difference] = changes(before.task.params, task.params);
    if (difference !== undefined) {
      const { path, before: first, after: second } = difference;
      this.#sink.report(conflictingTasks(place, task.id, path, first, second, before.place));
    }
    return task.id;
  }

  all(): Task[] {
    return Array.from(this.#tasks.values(), ({ task }) => task);
  }

  /**
   * Every kind with its fields in one order, and an id that is needed as one text with the id that it is: less memory, and
   * less time in the passes over many tasks.
   */
  #shaped({ id, kind, phase, params, inputs, needs, after, outputs, cost, origin }: Task): Task {
    const known = needs.map((need) => this.#tasks.get(need)?.task.id ?? need);
    return { id, kind, phase, params, inputs, needs: known, after, outputs, cost, origin } as Task;
  }
}
