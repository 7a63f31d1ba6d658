import type { Experiment } from "../../domain/experiment.ts";
import type { Fingerprint, Plan, PlannedTask, TaskRecord } from "../../domain/state.ts";
import { PLANNED_ONLY, type Task } from "../../domain/task.ts";
import { changes } from "../fingerprint/changes.ts";
import { fingerprintTasks, type FingerprintedTask } from "../fingerprint/fingerprint.ts";

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
  const known = new Set(experiment.tasks.map(({ id }) => id));
  const blocked = new Map<string, string>();
  const plan = (task: FingerprintedTask): PlannedTask => {
    const { id } = task.task;
    const fresh = planTask(task, records.get(id), isPresent);
    const planned = fresh.action === "keep" && replace?.has(id) ? rerun(fresh, ["asked for"]) : fresh;
    const reason = planned.action === "keep" ? undefined : whyBlocked(task.task, blocked);
    return reason === undefined ? planned : { ...planned, action: "blocked", reasons: [reason] };
  };
  const wanted = fingerprintTasks(experiment.tasks).filter(({ task }) => only?.has(task.id) ?? true);
  return {
    tasks: wanted.map(plan),
    orphans: only === undefined ? [...records.keys()].filter((id) => !known.has(id)).toSorted() : [],
  };
}

function rerun(planned: PlannedTask, reasons: readonly string[]): PlannedTask {
  return { ...planned, action: "rerun", reasons };
}

/** Notes a task that cannot run, so that what needs it is known to be blocked too. */
function whyBlocked({ id, kind, needs, after }: Task, blocked: Map<string, string>): string | undefined {
  const by = [...needs, ...after].find((need) => blocked.has(need));
  if (by === undefined && !PLANNED_ONLY.has(kind)) return undefined;
  const root = by === undefined ? id : (blocked.get(by) as string);
  blocked.set(id, root);
  return root === id ? "this version cannot run it yet" : `by ${root}`;
}

function planTask(
  { task, fingerprint, digest }: FingerprintedTask,
  record: TaskRecord | undefined,
  isPresent: (record: TaskRecord) => boolean,
): PlannedTask {
  const planned = (action: PlannedTask["action"], reasons: readonly string[]): PlannedTask => ({
    id: task.id,
    action,
    reasons,
    digest,
    fingerprint,
  });
  if (record === undefined) return planned("create", ["new"]);
  if (record.digest !== digest) return planned("rerun", reasonsToRerun(record.fingerprint, fingerprint));
  return isPresent(record) ? planned("keep", []) : planned("rerun", ["output missing or changed"]);
}

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
