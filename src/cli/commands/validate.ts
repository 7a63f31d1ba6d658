import { plural } from "../../report/units.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { sayNext } from "../next-step.ts";
import { compileSpec, diagnosticsJson, printDiagnostics } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

export const validateCommand: Command = {
  help: `Usage: steerform validate [SPEC] [options]

Reports every problem of the spec and of the files it names, at once, each with its place and a hint.
Needs no model weights and no network. Writes nothing.

Options:
  ${SET_HELP}
  --json             one JSON document
  -h, --help         this text

Exit codes: 0 valid, 1 not valid.`,
  options: SPEC_OPTIONS,
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const compiled = compileSpec(args.positionals[0], host, { set: args.texts("set") });
    const { experiment } = compiled;
    if (args.flag("json")) {
      const ok = experiment !== undefined;
      host.out(JSON.stringify({ format_version: 1, ok, diagnostics: diagnosticsJson(compiled) }, null, 2));
    } else {
      printDiagnostics(compiled, host);
      if (experiment !== undefined) {
        host.out(`${experiment.name} is valid: ${plural(experiment.tasks.length, "task")}.`);
        sayNext("plan", "shows what it takes.", args, host);
      }
    }
    return experiment === undefined ? EXIT.failure : EXIT.success;
  },
};
