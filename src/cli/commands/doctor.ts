import { join, relative } from "node:path";
import { totalsOf } from "../../compiler/plan/totals.ts";
import { doctorFindings, hasProblem } from "../../report/doctor/findings.ts";
import { formatFindings } from "../../report/doctor/view.ts";
import { examine, type NoSpec } from "../../runtime/doctor/examine.ts";
import type { ReadySpec } from "../../runtime/doctor/ready-spec.ts";
import { toSnakeCase } from "../../util/snake-case.ts";
import { UsageError, type Arguments } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { compileAndObserve, planAgainst, type Observing } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

export const doctorCommand: Command = {
  help: `Usage: steerform doctor [SPEC] [options]

Looks at this machine: processors, memory within the limits of a container or a job, disks, GPUs, and the
providers that models can run on, each tried in a process of its own. With a spec, also at its models (are the
weights here, do they fit) and its judge. Each finding is ok, a note, or a problem with what to do about it.
Writes nothing, and asks no network but with --check-judge.

Options:
  --check-judge      asks the judge's server whether it answers, which costs nothing
  ${SET_HELP}
  --json             one JSON document (schema/doctor.schema.json)
  -h, --help         this text

Exit codes: 0 nothing is in the way, 1 there is a problem.`,
  options: { ...SPEC_OPTIONS, "check-judge": { type: "boolean" } },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const spec = await readSpec(args, host);
    const facts = await examine({ cwd: host.cwd, spec, checkJudge: args.flag("check-judge") });
    const findings = doctorFindings(facts);
    const ok = !hasProblem(findings);
    if (args.flag("json")) {
      host.out(JSON.stringify(toSnakeCase({ formatVersion: 1, ok, ...facts, findings }), null, 2));
    } else {
      const { steerform, node, platform } = facts.machine;
      const versions = `steerform ${steerform}, onnxruntime-node ${facts.providers.runtime.version}, Node ${node}`;
      host.out(`${versions}, ${platform}\n\n${formatFindings(findings, host.style)}`);
    }
    return ok ? EXIT.success : EXIT.failure;
  },
};

/** The spec that is named, or the only one; without either, the machine alone is looked at. Throws UsageError. */
async function readSpec(args: Arguments, host: Host): Promise<ReadySpec | NoSpec> {
  const [named] = args.positionals;
  const set = args.texts("set");
  let observing: Observing;
  try {
    observing = compileAndObserve(named, host, { set });
  } catch (error) {
    if (named === undefined && set.length === 0 && error instanceof UsageError)
      return { status: "none", why: error.message };
    throw error;
  }
  const { experiment, projectDir, specFile, diagnostics } = observing.compiled;
  const file = relative(host.cwd, join(projectDir, specFile));
  if (experiment === undefined) {
    return { status: "invalid", file, errors: diagnostics.filter(({ severity }) => severity === "error").length };
  }
  const observed = await observing.observed(experiment);
  const plan = planAgainst(experiment, observed, { set, target: [], replace: [] });
  return { status: "valid", file, experiment, outputBytes: totalsOf(experiment, plan, observed.records).cost.bytes };
}
