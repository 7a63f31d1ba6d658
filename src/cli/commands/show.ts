import { RuntimeFailure } from "../../runtime/failures.ts";
import { readResults } from "../../runtime/results-file.ts";
import { formatResults } from "../../report/results-view.ts";
import { nearest } from "../../util/nearest.ts";
import { UsageError } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { compileSpec, diagnosticsJson, printDiagnostics } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

export const showCommand: Command = {
  name: "show",
  summary: "shows the results: show results [SPEC]",
  help: `Usage: steerform show results [SPEC] [options]

Shows, for every vector set, the best layer and coefficient, the trait's change, coherence, the unsteered
baseline and random directions.

Options:
  ${SET_HELP}
  --json             the results document
  -h, --help         this text`,
  options: SPEC_OPTIONS,
  maxPositionals: 2,
  async run(args, host): Promise<ExitCode> {
    const [what, spec] = args.positionals;
    if (what !== "results") {
      const near = what === undefined ? undefined : nearest(what, ["results"]);
      throw new UsageError(
        what === undefined
          ? "show what? There is: results."
          : `Cannot show '${what}'.${near ? ` Did you mean '${near}'?` : ""}`,
      );
    }
    const compiled = compileSpec(spec, host, { requireWeights: false, set: args.texts("set") });
    const { experiment } = compiled;
    const json = args.flag("json");
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      else printDiagnostics(compiled, host);
      return EXIT.failure;
    }
    const results = readResults(experiment.folder);
    if (results === undefined) {
      const message = `${experiment.name} has no results yet.`;
      throw new RuntimeFailure("results-missing", message, "steerform apply makes them.");
    }
    host.out(json ? JSON.stringify(results, null, 2) : formatResults(results));
    return EXIT.success;
  },
};
