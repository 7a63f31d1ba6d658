import type { Fingerprint } from "../../domain/state.ts";
import type { Task, TaskKind } from "../../domain/task.ts";
import { METHODS, type MethodName } from "../../methods/index.ts";
import { StableJsonWriter } from "../../util/json.ts";
import { digestOfText } from "../digest.ts";

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

export class FingerprintedTask {
  readonly task: Task;
  /** sha256 of the fingerprint's stable JSON. */
  readonly digest: string;
  /** Of what it needs, by id. */
  readonly #digests: ReadonlyMap<string, string>;

  constructor(task: Task, digests: ReadonlyMap<string, string>, writer: StableJsonWriter) {
    this.task = task;
    this.digest = digestOfText(textOf(task, digests, writer));
    this.#digests = digests;
  }

  /** Made when it is asked for: to see that nothing has changed takes digests alone. */
  get fingerprint(): Fingerprint {
    const { kind, params, inputs, needs } = this.task;
    const upstream = Object.fromEntries(needs.map((id) => [id, known(this.#digests, id)]));
    return { kind, version: versionOf(this.task), params, inputs, upstream };
  }
}

/** Every task's identity, in the tasks' order, which must have what a task needs before it. */
export function fingerprintTasks(tasks: readonly Task[]): FingerprintedTask[] {
  const digests = new Map<string, string>();
  const writer = new StableJsonWriter();
  return tasks.map((task) => {
    const made = new FingerprintedTask(task, digests, writer);
    digests.set(task.id, made.digest);
    return made;
  });
}

/** The fingerprint's stable JSON, without the object in between: of a hundred thousand tasks, it is most of the work. */
function textOf(task: Task, digests: ReadonlyMap<string, string>, writer: StableJsonWriter): string {
  const needs = task.needs.length > 1 ? [...new Set(task.needs)].toSorted() : task.needs;
  let upstream = "";
  for (const id of needs) upstream += `${upstream === "" ? "" : ","}${JSON.stringify(id)}:"${known(digests, id)}"`;
  const [inputs, params] = [writer.writeShared(task.inputs), writer.write(task.params)];
  const version = JSON.stringify(versionOf(task));
  return `{"inputs":${inputs},"kind":"${task.kind}","params":${params},"upstream":{${upstream}},"version":${version}}`;
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
