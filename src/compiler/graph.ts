import type { Task } from "../domain/task.ts";

/**
 * Tasks so that each comes after what it needs, otherwise in their given order. Linear. Throws "Internal error: …" for
 * two tasks of one id, a need that is no task, and a circle: a spec cannot say any of them.
 */
export function orderTasks(tasks: readonly Task[]): Task[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  if (byId.size !== tasks.length) throw new Error("Internal error: two tasks have one id");
  const ordered = new Set<Task>();
  const open = new Set<string>();
  // Chains of needs are as long as the pipeline has steps, so that recursion is shallow.
  const visit = (task: Task): void => {
    if (ordered.has(task)) return;
    if (open.has(task.id)) throw new Error(`Internal error: ${task.id} needs itself`);
    open.add(task.id);
    for (const id of [...task.needs, ...task.after]) {
      const need = byId.get(id);
      if (need === undefined) throw new Error(`Internal error: ${task.id} needs ${id}, which is no task`);
      visit(need);
    }
    open.delete(task.id);
    ordered.add(task);
  };
  for (const task of tasks) visit(task);
  return [...ordered];
}
