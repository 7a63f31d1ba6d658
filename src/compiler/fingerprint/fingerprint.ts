import type { Fingerprint } from "../../domain/state.ts";
import type { Task, TaskKind } from "../../domain/task.ts";
import { METHODS, type MethodName } from "../../methods/index.ts";
import { digestOf } from "../digest.ts";

/**
 * Versions of the task kinds' algorithms. Raise one when its task, given the same parameters and inputs, makes another
 * output: every artifact of that kind is then stale.
 */
const KIND_VERSIONS: Readonly<Record<TaskKind, string>> = {
  responses: "1",
  activations: "1",
  vectors: "1",
  baseline: "1",
  steering: "2",
  refine: "1",
  selection: "1",
  combination: "1",
  weights: "1",
  prompts: "1",
  capture: "1",
  replay: "1",
  similarity: "1",
  checkpoint: "1",
  results: "2",
};

export interface FingerprintedTask {
  readonly task: Task;
  readonly fingerprint: Fingerprint;
  /** sha256 of the fingerprint's stable JSON. */
  readonly digest: string;
}

/** Every task's identity, in the tasks' order, which must have what a task needs before it. */
export function fingerprintTasks(tasks: readonly Task[]): FingerprintedTask[] {
  const digests = new Map<string, string>();
  return tasks.map((task) => {
    const upstream = Object.fromEntries(task.needs.map((id) => [id, known(digests, id)]));
    const { kind, params, inputs } = task;
    const fingerprint: Fingerprint = { kind, version: versionOf(task), params, inputs, upstream };
    const digest = digestOf({ ...fingerprint });
    digests.set(task.id, digest);
    return { task, fingerprint, digest };
  });
}

/** A method has a version of its own: a better probe makes the probe's vectors stale, and no others. */
function versionOf(task: Task): string {
  const version = KIND_VERSIONS[task.kind];
  if (task.kind !== "vectors") return version;
  const { name, version: method } = METHODS[task.params.method as MethodName];
  return `${version}, ${name} ${method}`;
}

function known(digests: ReadonlyMap<string, string>, id: string): string {
  const digest = digests.get(id);
  if (digest === undefined) throw new Error(`Internal error: ${id} comes after a task that needs it`);
  return digest;
}
