import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Experiment } from "../domain/experiment.ts";
import type { TaskRecord } from "../domain/state.ts";
import type { Task } from "../domain/task.ts";

/** What the spec no longer has: records, and the files that are theirs alone. */
export interface Garbage {
  readonly ids: readonly string[];
  /** Relative to the experiment's folder. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export function findGarbage(records: ReadonlyMap<string, TaskRecord>, orphans: readonly string[]): Garbage {
  const gone = new Set(orphans);
  const kept = new Set(
    [...records.values()].filter(({ id }) => !gone.has(id)).flatMap(({ outputs }) => outputs.map(({ path }) => path)),
  );
  const files = orphans
    .flatMap((id) => records.get(id)?.outputs ?? [])
    .filter(({ path }) => !kept.has(path))
    .map(({ path, bytes }) => ({ path, bytes }));
  return { ids: orphans, files };
}

/** Files that a task made before and, as the spec is now, makes no more: another format, fewer prompts. */
export function removeOutgrown(
  { outputs }: Task,
  record: TaskRecord | undefined,
  { folder, tasks }: Pick<Experiment, "folder" | "tasks">,
): void {
  const own = new Set(outputs);
  for (const { path } of record?.outputs ?? []) {
    if (!own.has(path) && !tasks.some((other) => other.outputs.includes(path))) removeFile(folder, path);
  }
}

/** Deletes a file of the experiment, and folders that are empty without it. */
export function removeFile(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
    const full = join(folder, parent);
    if (existsSync(full) && readdirSync(full).length > 0) return;
    if (existsSync(full)) rmdirSync(full);
  }
}
