import type { Experiment } from "../../domain/experiment.ts";
import type { Fingerprint, Plan, PlannedTask, TaskAction } from "../../domain/state.ts";
import type { JsonObject, JsonValue } from "../../util/json.ts";
import { changes } from "../fingerprint/changes.ts";
import type { SchemaCheck } from "../validate/violation.ts";
import { isTodo, type Totals } from "./totals.ts";

/** A plan as JSON: what `plan --json` prints and `plan --out` saves. Its schema is schema/plan.schema.json. */
export interface PlanDocument {
  readonly format_version: 1;
  readonly ok: true;
  readonly tool_version: string;
  readonly experiment: string;
  /** The spec's file, relative to the plan's where it is saved. */
  readonly spec: string;
  readonly options: PlanRequest;
  readonly totals: JsonObject;
  readonly tasks: readonly DocumentTask[];
  readonly orphans: readonly string[];
}

/** What was asked for on the command line: a saved plan is made again with the same. */
export interface PlanRequest {
  readonly set: readonly string[];
  readonly target: readonly string[];
  readonly replace: readonly string[];
}

interface DocumentTask {
  readonly id: string;
  readonly kind: string;
  readonly phase: string;
  readonly action: TaskAction;
  readonly reasons: readonly string[];
  readonly digest: string;
  readonly origin: string;
  /** Of tasks to run, in a saved plan: with it, a stale plan can say what changed. */
  readonly fingerprint?: Fingerprint;
}

export interface DocumentOptions {
  readonly spec: string;
  readonly request: PlanRequest;
  readonly toolVersion: string;
  readonly fingerprints: boolean;
}

export function planDocument(
  experiment: Experiment,
  plan: Plan,
  totals: Totals,
  { spec, request, toolVersion, fingerprints }: DocumentOptions,
): PlanDocument {
  return {
    format_version: 1,
    ok: true,
    tool_version: toolVersion,
    experiment: experiment.name,
    spec,
    options: request,
    totals: totalsJson(totals),
    tasks: plan.tasks.map((planned) => {
      const { id, task, action, reasons, digest } = planned;
      const { kind, phase, origin } = task;
      const common = { id, kind, phase, action, reasons, digest, origin };
      return fingerprints && isTodo(action) ? { ...common, fingerprint: planned.fingerprint } : common;
    }),
    orphans: plan.orphans,
  };
}

function totalsJson({ counts, cost, dollars, time }: Totals): JsonObject {
  return {
    ...counts,
    generations: cost.generations,
    new_tokens: cost.newTokens,
    judge_calls: cost.judgeCalls,
    bytes: cost.bytes,
    judge_usd: dollars ?? null,
    estimated_ms: time === undefined ? null : Math.round(time.ms),
  };
}

/** A saved plan's text; undefined when it is none. `check` is that of plan.schema.json. */
export function parsePlanDocument(text: string, check: SchemaCheck): PlanDocument | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (check(json as JsonValue).length > 0) return undefined;
  const document = json as PlanDocument | { readonly ok: false };
  return document.ok ? document : undefined;
}

/** What has moved on since a plan was saved, in words; nothing when it still holds. */
export function staleness(saved: PlanDocument, plan: Plan): string[] {
  const now = new Map(plan.tasks.map((task) => [task.id, task]));
  const before = new Set(saved.tasks.map(({ id }) => id));
  return [
    ...saved.tasks.flatMap((task) => difference(task, now.get(task.id)) ?? []),
    ...plan.tasks.flatMap(({ id }) => (before.has(id) ? [] : [`${id} is new`])),
  ];
}

function difference(saved: DocumentTask, now: PlannedTask | undefined): string | undefined {
  const { id, digest, action, fingerprint } = saved;
  if (now === undefined) return `${id} is gone`;
  if (now.digest !== digest) {
    const [change] = fingerprint === undefined ? [] : changes(fingerprint.params, now.fingerprint.params);
    return change === undefined
      ? `${id} has other inputs`
      : `${id}: ${change.path}: ${change.before} → ${change.after}`;
  }
  if (now.action === action) return undefined;
  return now.action === "keep"
    ? `${id} has been made`
    : `${id} was to be ${WORDS[action]}, and is to be ${WORDS[now.action]}`;
}

const WORDS: Readonly<Record<TaskAction, string>> = {
  create: "created",
  rerun: "made again",
  keep: "kept",
};
