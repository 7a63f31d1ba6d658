import type { DoctorFacts, NoSpec } from "../../runtime/doctor/examine.ts";
import { plural } from "../units.ts";
import { findingsOf, type Finding } from "./finding.ts";
import { machineFindings } from "./machine-findings.ts";
import { providerFindings } from "./provider-findings.ts";
import { specFindings } from "./spec-findings.ts";

const finding = findingsOf("models");

/** What doctor has to say, in its order. The spec can run as it stands when none is a problem. */
export function doctorFindings({ machine, providers, spec }: DoctorFacts): Finding[] {
  const valid = spec.status === "valid" ? spec : undefined;
  const weightsFree = machine.disks.find(({ holds }) => holds === "weights")?.freeBytes ?? 0;
  return [
    ...machineFindings(machine, valid?.outputBytes ?? 0),
    ...providerFindings(providers, machine.platform, valid?.engine.provider),
    ...(spec.status === "valid" ? specFindings(spec, weightsFree) : [noSpecFinding(spec)]),
  ];
}

function noSpecFinding(spec: NoSpec): Finding {
  if (spec.status === "none") {
    return finding(
      "spec",
      "note",
      `none was looked at: ${spec.why}`,
      "steerform doctor SPEC also says whether it can run here.",
    );
  }
  const { file, errors } = spec;
  return finding("spec", "problem", `${file} has ${plural(errors, "error")}`, `steerform validate ${file} shows them.`);
}

export function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === "problem");
}
