import { execFileSync } from "node:child_process";
import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { dirname } from "node:path";
import { toolVersion } from "../tool-version.ts";
import { groupLimits } from "./control-group.ts";

export interface MachineFacts {
  readonly steerform: string;
  readonly node: string;
  /** E.g. "linux-x64". */
  readonly platform: string;
  readonly cpu: {
    readonly model: string;
    /** Logical processors. */
    readonly processors: number;
    /** How many of them this process may use at once. */
    readonly usable: number;
  };
  readonly memory: {
    readonly totalBytes: number;
    /** What this process can still get, within its limit. */
    readonly freeBytes: number;
    /** Of the container, or of the cluster's job; null without one. */
    readonly limitBytes: number | null;
  };
  readonly disks: readonly Disk[];
}

/** Where something is written. */
export interface Disk {
  readonly holds: "experiments" | "weights";
  readonly path: string;
  readonly freeBytes: number;
}

export function examineMachine(places: readonly Omit<Disk, "freeBytes">[]): MachineFacts {
  const processors = cpus();
  const limits = groupLimits(readText);
  return {
    steerform: toolVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: {
      model: processors[0]?.model.trim() || "unknown",
      processors: processors.length,
      usable: Math.min(availableParallelism(), Math.ceil(limits.processors ?? Infinity)),
    },
    memory: {
      totalBytes: totalmem(),
      freeBytes: Math.min(availableMemory(), limits.memory?.freeBytes ?? Infinity),
      limitBytes: limits.memory?.limitBytes ?? null,
    },
    disks: places.map((place) => ({ ...place, freeBytes: freeBytesAt(place.path) })),
  };
}

/** What the system gives to whoever asks, memory that it only remembers files with among it. */
function availableMemory(): number {
  if (process.platform !== "darwin") return freemem();
  return reclaimableOnMac(execFileSync("vm_stat", { encoding: "utf8" })) ?? freemem();
}

/** Of vm_stat's list of pages: Node counts the free ones alone, of which a Mac keeps few. */
export function reclaimableOnMac(list: string): number | undefined {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(list)?.[1]);
  const pages = ["free", "inactive", "speculative", "purgeable"].map((kind) =>
    Number(new RegExp(`^Pages ${kind}: +(\\d+)\\.$`, "m").exec(list)?.[1]),
  );
  const bytes = pages.reduce((sum, count) => sum + count, 0) * pageBytes;
  return Number.isNaN(bytes) ? undefined : bytes;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Of the disk that a folder is on, or will be once it is made. */
function freeBytesAt(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch (error) {
    if (dirname(path) === path) throw error;
    return freeBytesAt(dirname(path));
  }
}
