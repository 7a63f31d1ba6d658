import type { PlannedTask, TaskRecord } from "../domain/state.ts";
import type { Task } from "../domain/task.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** One task, for people: what it is made of, what it made, when and where. */
export function formatTask(task: Task, planned: PlannedTask | undefined, record: TaskRecord | undefined): string {
  const lines = [
    task.id,
    `  ${task.kind} of the phase ${task.phase}, from ${task.origin}${planned === undefined ? "" : `: ${stateOf(planned)}`}`,
    "",
    "parameters",
    ...entries(task.params),
    ...section(
      "inputs",
      Object.entries(task.inputs).map(([name, digest]) => `  ${name}: ${digest.slice(0, 16)}`),
    ),
    ...section(
      "needs",
      task.needs.map((id) => `  ${id}`),
    ),
    ...section(
      "waits for",
      task.after.map((id) => `  ${id}`),
    ),
    ...section(
      "outputs",
      task.outputs.map((path) => `  ${path}${sizeOf(path, record)}`),
    ),
  ];
  if (record === undefined) return lines.join("\n");
  const { finishedAt, durationMs, toolVersion, provenance } = record;
  return [
    ...lines,
    "",
    "made",
    `  at ${finishedAt}, in ${formatDuration(durationMs)}, by steerform ${toolVersion}`,
    ...(provenance === undefined ? [] : entries({ ...provenance })),
  ].join("\n");
}

function stateOf({ action, reasons }: PlannedTask): string {
  const words = { create: "not made yet", rerun: "stale", keep: "up to date" }[action];
  return action === "rerun" ? `${words} (${reasons.join("; ")})` : words;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function entries(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).map(([key, value]) => {
    const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return `  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
}

function sizeOf(path: string, record: TaskRecord | undefined): string {
  const output = record?.outputs.find((one) => one.path === path);
  return output === undefined ? "" : `  ${formatBytes(output.bytes)}`;
}
