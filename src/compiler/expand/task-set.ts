import { conflictingTasks } from "../../diagnostics/catalog/matrix.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Task } from "../../domain/task.ts";
import { changes } from "../fingerprint/changes.ts";
import { orderTasks } from "../graph.ts";

/** Tasks by id, in the order of their first use. Cells that reach the same task share it. */
export class TaskSet {
  readonly #tasks: Task[] = [];
  /** Of the tasks, in their order. */
  readonly #places: Place[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #sink: DiagnosticSink;
  /** Each came after what it needs. */
  #isOrdered = true;

  constructor(sink: DiagnosticSink) {
    this.#sink = sink;
  }

  /**
   * Adds a task, unless it is there; one of the same id and other parameters is reported at `place`. Returns the id of the
   * task that is there: what needs it says so with this text, which is one in memory however many need it.
   */
  add(task: Task, place: Place): string {
    const index = this.#indexes.get(task.id);
    if (index === undefined) {
      this.#isOrdered &&= task.needs.every(this.#isKnown) && task.after.every(this.#isKnown);
      this.#indexes.set(task.id, this.#tasks.push(task) - 1);
      this.#places.push(place);
      return task.id;
    }
    const before = this.#tasks[index] as Task;
    const [difference] = changes(before.params, task.params);
    if (difference !== undefined) {
      const { path, before: first, after: second } = difference;
      this.#sink.report(conflictingTasks(place, task.id, path, first, second, this.#places[index] as Place));
    }
    return before.id;
  }

  /** Each after what it needs. */
  ordered(): readonly Task[] {
    return this.#isOrdered ? this.#tasks : orderTasks(this.#tasks);
  }

  readonly #isKnown = (id: string): boolean => this.#indexes.has(id);
}
