import type { Project } from "../rig/project.ts";
import { SPEC } from "../rig/project.ts";
import { eventsOf, Running, type Event } from "../rig/steerform.ts";

/** One vector set and its search in two evaluations: six tasks, and a moment between the evaluations. */
export const SPEC_TO_DISTURB: string = SPEC.replace("evaluations: 1", "evaluations: 2")
  .replace("[mean_diff, probe]", "[mean_diff]")
  .replace('      - { source: instruction, position: "response[:]" }\n', "");

export const STEERING = "steering/tiny_natural/sycophancy/base/response__5/mean_diff";

export const startApply = (project: Project): Running => new Running(["apply", "--yes", "--json"], project.dir);

/** What a task's progress says. */
export function doing({ progress }: Event): string {
  return (progress as { readonly doing?: string } | undefined)?.doing ?? "";
}

export function inSecondEvaluation(event: Event): boolean {
  return event.id === STEERING && doing(event).startsWith("evaluation 2/2, generating");
}

/** Ids of the tasks that were finished. */
export function finishedTasks(stdout: string): string[] {
  return eventsOf(stdout).flatMap(({ type, id }) => (type === "task-finished" && id !== undefined ? [id] : []));
}

/** Files of the records but logs: after an apply that works, the state alone. */
export function recordsBesidesLogs(project: Project): string[] {
  return project.records().filter((path) => !path.startsWith("runs/"));
}
