import { relative } from "node:path";
import { RuntimeFailure } from "../../runtime/failures.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { sayOpen } from "../next-step.ts";
import { compileAndObserve, diagnosticsJson, printDiagnostics } from "../project.ts";
import { writeReport } from "../report-files.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

export const reportCommand: Command = {
  help: `Usage: steerform report [SPEC] [options]

Writes what the experiment has found so far to its folder, as reports/report.md and as one page, reports/report.html:
the questions of every phase with their answers, numbers and intervals, and the success criteria; on the page pictures
too, and the responses to look through. It reads what was made and is up to date, and runs nothing; what has not run is
said to be missing. apply writes it after each checkpoint, and at its end.

Options:
  ${SET_HELP}
  --json             one JSON document: the files, and what was found
  -h, --help         this text`,
  options: SPEC_OPTIONS,
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const json = args.flag("json");
    const { compiled, observed } = compileAndObserve(args.positionals[0], host, { set: args.texts("set") });
    const { experiment } = compiled;
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      else printDiagnostics(compiled, host);
      return EXIT.failure;
    }
    const seen = await observed(experiment);
    if (seen.records.size === 0) {
      const message = `${experiment.name} has nothing to report yet: none of its tasks has run.`;
      throw new RuntimeFailure(
        "results-missing",
        message,
        "steerform apply runs them; steerform plan says what that takes.",
      );
    }
    const { view, files } = await writeReport(experiment, seen);
    const paths = files.map((file) => relative(host.cwd, file));
    if (json) {
      const { criteria, sections } = view;
      const found = sections.map(({ id, missing, answers }) => ({ id, missing, answers }));
      host.out(JSON.stringify({ format_version: 1, ok: true, files: paths, criteria, sections: found }, null, 2));
    } else {
      for (const path of paths) host.out(path);
      const page = paths.find((path) => path.endsWith(".html"));
      if (page !== undefined) sayOpen(page, args, host);
    }
    return EXIT.success;
  },
};
