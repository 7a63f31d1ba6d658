import type { Experiment } from "../../domain/experiment.ts";
import type { Task } from "../../domain/task.ts";
import { nearest } from "../../util/nearest.ts";

/** A pattern that no task matches, and what it most likely meant. */
export interface Unmatched {
  readonly pattern: string;
  readonly near: string | undefined;
}

/**
 * Tasks that any of the patterns names. A pattern is an id in which `*` stands for any characters
 * (`steering/*probe`), or a kind with coordinates (`steering[trait=evil,method=probe]`), whose values may hold `*` too.
 */
export function selectTasks(
  { tasks }: Experiment,
  patterns: readonly string[],
): { readonly ids: ReadonlySet<string>; readonly unmatched: readonly Unmatched[] } {
  const ids = new Set<string>();
  const unmatched: Unmatched[] = [];
  for (const pattern of patterns) {
    const matches = matcher(pattern);
    const found = tasks.filter(matches);
    for (const { id } of found) ids.add(id);
    if (found.length === 0) unmatched.push({ pattern, near: nearestTo(pattern, tasks) });
  }
  return { ids, unmatched };
}

/** The tasks and all that they need, so that they can be run. */
export function withUpstream({ tasks }: Experiment, ids: ReadonlySet<string>): Set<string> {
  const wanted = new Set(ids);
  // Needs come before what needs them.
  for (const { id, needs, after } of tasks.toReversed()) {
    if (!wanted.has(id)) continue;
    for (const need of needs) wanted.add(need);
    for (const gate of after) wanted.add(gate);
  }
  return wanted;
}

function matcher(pattern: string): (task: Task) => boolean {
  const coordinates = /^([\w*]+)\[(.+)\]$/s.exec(pattern);
  if (coordinates === null) {
    const id = wildcard(pattern);
    return (task) => id.test(task.id);
  }
  const kind = wildcard(coordinates[1] as string);
  const wanted = splitCoordinates(coordinates[2] as string).map(([key, value]) => [key, wildcard(value)] as const);
  return (task) =>
    kind.test(task.kind) &&
    wanted.every(([key, value]) => {
      const found = task.params[key];
      return (
        found !== undefined && found !== null && value.test(typeof found === "string" ? found : JSON.stringify(found))
      );
    });
}

/** `trait=evil,position=response[:5],*`: what has no `=` is a wildcard for the rest. */
function splitCoordinates(text: string): [key: string, value: string][] {
  return text.split(",").flatMap((part): [string, string][] => {
    const at = part.indexOf("=");
    return at === -1 ? [] : [[camelCase(part.slice(0, at).trim()), part.slice(at + 1).trim()]];
  });
}

function wildcard(text: string): RegExp {
  const escaped = text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "s");
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function nearestTo(pattern: string, tasks: readonly Task[]): string | undefined {
  const kind = /^\w+/.exec(pattern)?.[0] ?? "";
  const kinds = [...new Set(tasks.map((task) => task.kind))];
  if (/[*[]/.test(pattern)) {
    const near = kinds.includes(kind as Task["kind"]) ? undefined : nearest(kind, kinds);
    return near === undefined ? undefined : near + pattern.slice(kind.length);
  }
  return nearest(
    pattern,
    tasks.map(({ id }) => id),
  );
}
