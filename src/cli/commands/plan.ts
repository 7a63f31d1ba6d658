import { formatPlan } from "../../report/plan-view.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { compileSpec, diagnosticsJson, planAgainst, printDiagnostics } from "../project.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

export const planCommand: Command = {
  name: "plan",
  summary: "shows what apply would do, and why",
  help: `Usage: steerform plan [SPEC] [options]

Shows what apply would do: + create, ~ rerun (and why), = up to date, - no longer in the spec. Writes nothing.

Options:
  --detailed-exitcode  0 nothing to do, 2 something to do, 1 an error
  --json               one JSON document
  -h, --help           this text`,
  options: { ...COMMON_OPTIONS, "detailed-exitcode": { type: "boolean" } },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const json = args.flag("json");
    const compiled = compileSpec(args.positionals[0], host, { requireWeights: false });
    const { experiment } = compiled;
    if (!json) printDiagnostics(compiled, host);
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      return EXIT.failure;
    }
    const plan = planAgainst(experiment);
    if (json) {
      const tasks = plan.tasks.map(({ id, action, reasons, digest }) => ({ id, action, reasons, digest }));
      const document = { format_version: 1, ok: true, experiment: experiment.name, tasks, orphans: plan.orphans };
      host.out(JSON.stringify({ ...document, diagnostics: diagnosticsJson(compiled) }, null, 2));
    } else host.out(formatPlan(experiment, plan, host.style));
    const todo = plan.tasks.some(({ action }) => action !== "keep");
    return todo && args.flag("detailed-exitcode") ? EXIT.changes : EXIT.success;
  },
};
