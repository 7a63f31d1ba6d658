import type { Fingerprint } from "../../domain/state.ts";
import type { Task, TaskKind } from "../../domain/task.ts";
import { methodNamed } from "../../methods/index.ts";
import { StableJsonWriter } from "../../util/json.ts";
import { digestOfText } from "../digest.ts";

/**
 * Versions of the task kinds' algorithms. Raise one when its task, given the same parameters and inputs, makes another
 * output: every artifact of that kind is then stale.
 */
const KIND_VERSIONS: Readonly<Record<TaskKind, string>> = {
  responses: "1",
  vetting: "1",
  activations: "2",
  vectors: "2",
  baseline: "1",
  prompted: "1",
  steering: "2",
  refine: "1",
  selection: "1",
  combination: "2",
  weights: "2",
  prompts: "1",
  capture: "1",
  replay: "1",
  similarity: "3",
  checkpoint: "1",
  results: "4",
};

const digestsOfTasks = new WeakMap<readonly Task[], ReadonlyMap<string, string>>();

/** Digests of fingerprints, by id; worked out once for a list of tasks. Tasks have to come after what they need. */
export function taskDigests(tasks: readonly Task[]): ReadonlyMap<string, string> {
  const before = digestsOfTasks.get(tasks);
  if (before !== undefined) return before;
  const digests = new Map<string, string>();
  const writer = new StableJsonWriter();
  for (const task of tasks) digests.set(task.id, digestOfText(textOf(task, digests, writer)));
  digestsOfTasks.set(tasks, digests);
  return digests;
}

/** What makes a task's output, of which its digest is the sha256. */
export function fingerprintOf(task: Task, digests: ReadonlyMap<string, string>): Fingerprint {
  const { kind, params, inputs, needs } = task;
  const upstream = Object.fromEntries(needs.map((id) => [id, known(digests, id)]));
  return { kind, version: versionOf(task), params, inputs, upstream };
}

/** The fingerprint's stable JSON, without the object in between: of a hundred thousand tasks, it is most of the work. */
function textOf(task: Task, digests: ReadonlyMap<string, string>, writer: StableJsonWriter): string {
  const { inputs, kind, params } = task;
  const needs = task.needs.length > 1 ? [...new Set(task.needs)].toSorted() : task.needs;
  let upstream = "";
  for (const id of needs) upstream += `${upstream === "" ? "" : ","}${JSON.stringify(id)}:"${known(digests, id)}"`;
  const version = JSON.stringify(versionOf(task));
  return `{${writer.members({ inputs, kind, params })},"upstream":{${upstream}},"version":${version}}`;
}

/** A method has a version of its own: a better probe makes the probe's vectors stale, and no others. */
function versionOf(task: Task): string {
  const version = KIND_VERSIONS[task.kind];
  if (task.kind !== "vectors") return version;
  const { name, version: method } = methodNamed(task.params.method);
  return `${version}, ${name} ${method}`;
}

function known(digests: ReadonlyMap<string, string>, id: string): string {
  const digest = digests.get(id);
  if (digest === undefined) throw new Error(`Internal error: ${id} comes after a task that needs it`);
  return digest;
}
