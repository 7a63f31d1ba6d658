import type { MachineFacts } from "../../runtime/doctor/machine.ts";
import { formatBytes, plural } from "../units.ts";
import { findingsOf, type Finding } from "./finding.ts";

const finding = findingsOf("machine");

/** Processors, memory and disks. `outputBytes`: what apply will write at most. */
export function machineFindings({ cpu, memory, disks }: MachineFacts, outputBytes: number): Finding[] {
  const usable = cpu.usable < cpu.processors ? `, ${cpu.usable} of them for this process` : "";
  const limit = memory.limitBytes === null ? "" : `; this process may have ${formatBytes(memory.limitBytes)}`;
  return [
    finding("cpu", "ok", `${cpu.model}: ${plural(cpu.processors, "processor")}${usable}`),
    finding("memory", "ok", `${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}${limit}`),
    ...disks.map((disk) => {
      const free = `${formatBytes(disk.freeBytes)} free where ${disk.holds} are kept (${disk.path})`;
      if (disk.holds === "weights" || disk.freeBytes >= outputBytes) return finding("disk", "ok", free);
      const needs = `${free}, and apply writes up to ${formatBytes(outputBytes)}`;
      return finding(
        "disk",
        "problem",
        needs,
        "Free some space, or narrow the experiment: steerform plan says what takes it.",
      );
    }),
  ];
}
