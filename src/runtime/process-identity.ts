import { existsSync, readFileSync } from "node:fs";

/** Linux only; elsewhere every boot looks the same and the process id alone decides. */
export function bootId(): string {
  const path = "/proc/sys/kernel/random/boot_id";
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

/** When a process was started, in ticks since boot; undefined when that cannot be known here, or it is a zombie. */
export function startOf(pid: number): string | undefined {
  const fields = statOf(pid);
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

/** Whether a process is there and is the one that was started at `started`, if that is known. */
export function isRunning(pid: number, started: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return started === undefined || startOf(pid) === started;
}

/** The fields of /proc/<pid>/stat from the third, `state`, on; the second may hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
