import type { Experiment } from "../../domain/experiment.ts";
import type { Fingerprint, Plan, PlannedTask, TaskAction, TaskRecord } from "../../domain/state.ts";
import type { Task } from "../../domain/task.ts";
import { changes } from "../fingerprint/changes.ts";
import { taskDigests, fingerprintOf } from "../fingerprint/fingerprint.ts";

export interface PlanOptions {
  /** Ids of the tasks to plan, what they need included; all when left out. */
  readonly only?: ReadonlySet<string>;
  /** Ids of tasks to make again although they are up to date. */
  readonly replace?: ReadonlySet<string>;
}

/**
 * What apply has to do, given what was made. Pure and linear. `isPresent` says whether a record's outputs are still
 * there; it is asked at most once a task, and only for tasks that are otherwise up to date.
 *
 * A task whose output is gone is made again; what was made from it is kept, since the same fingerprint makes the same
 * output.
 */
export function planTasks(
  experiment: Experiment,
  records: ReadonlyMap<string, TaskRecord>,
  isPresent: (record: TaskRecord) => boolean,
  { only, replace }: PlanOptions = {},
): Plan {
  const digests = taskDigests(experiment.tasks);
  const plan = (task: Task): PlannedTask => {
    const fresh = planTask(task, digests, records.get(task.id), isPresent);
    const asked = fresh.action === "keep" && (replace?.has(task.id) ?? false);
    return asked ? new Planned(task, digests, "rerun", ["asked for"]) : fresh;
  };
  const wanted = only === undefined ? experiment.tasks : experiment.tasks.filter(({ id }) => only.has(id));
  return {
    tasks: wanted.map(plan),
    orphans: only === undefined ? orphansOf(experiment, records) : [],
  };
}

function orphansOf({ tasks }: Experiment, records: ReadonlyMap<string, TaskRecord>): string[] {
  const made = tasks.reduce((count, { id }) => (records.has(id) ? count + 1 : count), 0);
  if (made === records.size) return [];
  const ids = new Set(tasks.map(({ id }) => id));
  return [...records.keys()].filter((id) => !ids.has(id)).toSorted();
}

/** Its fingerprint is made when it is asked for: most plans never ask. */
class Planned implements PlannedTask {
  readonly id: string;
  readonly task: Task;
  readonly action: TaskAction;
  readonly reasons: readonly string[];
  readonly digest: string;
  readonly #digests: ReadonlyMap<string, string>;

  constructor(task: Task, digests: ReadonlyMap<string, string>, action: TaskAction, reasons: readonly string[]) {
    this.id = task.id;
    this.task = task;
    this.action = action;
    this.reasons = reasons;
    this.digest = digests.get(task.id) as string;
    this.#digests = digests;
  }

  get fingerprint(): Fingerprint {
    return fingerprintOf(this.task, this.#digests);
  }
}

function planTask(
  task: Task,
  digests: ReadonlyMap<string, string>,
  record: TaskRecord | undefined,
  isPresent: (record: TaskRecord) => boolean,
): PlannedTask {
  const planned = (action: TaskAction, reasons: readonly string[]) => new Planned(task, digests, action, reasons);
  if (record === undefined) return planned("create", NEW);
  if (record.digest !== digests.get(task.id)) {
    return planned("rerun", reasonsToRerun(record.fingerprint, fingerprintOf(task, digests)));
  }
  return isPresent(record) ? planned("keep", NONE) : planned("rerun", ["output missing or changed"]);
}

const NEW: readonly string[] = ["new"];
const NONE: readonly string[] = [];

/** Field by field, in words: `seed: 42 → 43`. */
function reasonsToRerun(before: Fingerprint, after: Fingerprint): string[] {
  const reasons = [
    ...(before.version === after.version ? [] : [`version: ${before.version} → ${after.version}`]),
    ...changes(before.params, after.params).map(({ path, before: old, after: now }) => `${path}: ${old} → ${now}`),
    ...keysThatDiffer(before.inputs, after.inputs).map((name) => inputReason(name, before.inputs, after.inputs)),
    ...keysThatDiffer(before.upstream, after.upstream).map((id) => upstreamReason(id, before.upstream, after.upstream)),
  ];
  // The rule by which digests are made has changed, and nothing else.
  return reasons.length > 0 ? reasons : ["the record has another digest"];
}

type Digests = Readonly<Record<string, string>>;

function keysThatDiffer(before: Digests, after: Digests): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]).toSorted();
}

function inputReason(name: string, before: Digests, after: Digests): string {
  const words = name.replaceAll("_", " ");
  if (after[name] === "missing") return `${words} not on this machine`;
  if (before[name] === undefined) return `${words} now counted`;
  return after[name] === undefined ? `${words} no longer counted` : `${words} changed`;
}

function upstreamReason(id: string, before: Digests, after: Digests): string {
  if (before[id] === undefined) return `${id} is new`;
  return after[id] === undefined ? `${id} is gone` : `${id} reruns`;
}
