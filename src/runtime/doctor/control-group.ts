import { dirname, join } from "node:path/posix";

/** What a container, or a job of a cluster, may use of its machine. */
export interface GroupLimits {
  /** Null: as much as there is. */
  readonly memory: { readonly limitBytes: number; readonly freeBytes: number } | null;
  /** Processors' worth of time. Null: as many as there are. */
  readonly processors: number | null;
}

/** A file's text; undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

/**
 * The limits of this process's control groups: the tightest of its own and of those around it, since a job's limit stands
 * at the job and not at each of its tasks. Version 2, and version 1 where it still is.
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
 */
export function groupLimits(readText: ReadText): GroupLimits {
  const groups = (readText("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const folders = (wanted: (controllers: string) => boolean, mount: string): string[] =>
    groups.flatMap(([, controllers, path]) =>
      controllers !== undefined && path !== undefined && wanted(controllers) ? upwards(path, mount) : [],
    );
  const unified = folders((names) => names === "", "/sys/fs/cgroup");
  const memory = folders((names) => names.split(",").includes("memory"), "/sys/fs/cgroup/memory");
  const cpu = folders((names) => names.split(",").includes("cpu"), "/sys/fs/cgroup/cpu");
  const limits = [
    ...unified.map((folder) => memoryIn(folder, readText, UNIFIED)),
    ...memory.map((folder) => memoryIn(folder, readText, LEGACY)),
  ].filter((limit) => limit !== undefined);
  const shares = [
    ...unified.map((folder) => share((readText(join(folder, "cpu.max")) ?? "").split(" "))),
    ...cpu.map((folder) =>
      share([readText(join(folder, "cpu.cfs_quota_us")) ?? "", readText(join(folder, "cpu.cfs_period_us")) ?? ""]),
    ),
  ].filter((count) => count !== undefined);
  return {
    memory: limits.toSorted((a, b) => a.freeBytes - b.freeBytes)[0] ?? null,
    processors: shares.length === 0 ? null : Math.min(...shares),
  };
}

/** A group's folder and those around it. Inside a container, the path may be the host's, and only the mount be there. */
function upwards(path: string, mount: string): string[] {
  const folders: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    folders.push(join(mount, at));
    if (at === "/" || at === ".") return folders;
  }
}

interface MemoryFiles {
  readonly limit: string;
  readonly used: string;
  /** In memory.stat: pages of files that the system takes back when memory is short. */
  readonly reclaimable: RegExp;
}

const UNIFIED: MemoryFiles = { limit: "memory.max", used: "memory.current", reclaimable: /^inactive_file (\d+)$/m };
const LEGACY: MemoryFiles = {
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  reclaimable: /^total_inactive_file (\d+)$/m,
};
/** Version 1 says "no limit" as a number: the largest that is a whole number of pages. */
const UNLIMITED = 2 ** 60;

function memoryIn(
  folder: string,
  readText: ReadText,
  { limit, used, reclaimable }: MemoryFiles,
): { readonly limitBytes: number; readonly freeBytes: number } | undefined {
  const limitBytes = Number.parseInt(readText(join(folder, limit)) ?? "", 10);
  if (Number.isNaN(limitBytes) || limitBytes >= UNLIMITED) return undefined;
  const usedBytes = Number.parseInt(readText(join(folder, used)) ?? "0", 10);
  const reclaimed = Number(reclaimable.exec(readText(join(folder, "memory.stat")) ?? "")?.[1] ?? 0);
  return { limitBytes, freeBytes: Math.max(0, limitBytes - Math.max(0, usedBytes - reclaimed)) };
}

/** Of a quota and its period in microseconds; `max` and -1 are no quota. */
function share([quota = "", period = ""]: readonly string[]): number | undefined {
  const count = Number.parseInt(quota, 10) / Number.parseInt(period, 10);
  return count > 0 ? count : undefined;
}
